import { randomUUID } from "node:crypto";
import type { Host } from "@restage/core";
import type { InventoryEntry } from "@restage/images";
import type { Freezer } from "@restage/linux";
import { DeletedFiles } from "@restage/plugins";
import { FileTable } from "./file-table.ts";
import type { OpenFile } from "./open-file.ts";
import type { CheckpointFindings } from "./findings.ts";
import type { Draft, FileDescription } from "./draft.ts";
import type { ImageWriter } from "./image-writer.ts";
import { ownNamespace } from "@restage/plugins";
import { IdsInside } from "@restage/plugins";
import type { CheckpointOptions } from "./options.ts";
import { RepairedConnections } from "@restage/plugins";
import type { FrozenTask } from "./seized-task.ts";

/** The whole tree, stopped, and the checkpoint that is made of it. */
export class FrozenTree {
  /** Parents before their children. */
  readonly tasks: readonly FrozenTask[];
  readonly options: CheckpointOptions;
  /** Tells this checkpoint from all others, for names. */
  readonly runId: string = randomUUID();
  readonly images: ImageWriter;
  readonly findings: CheckpointFindings;
  /** Calls of the coordinator. */
  readonly host: Host;
  readonly freezer: Freezer;
  /** Open files, each once, however many descriptors refer to it. */
  readonly files: FileTable;
  /** Those of them whose names are gone. */
  readonly deleted: DeletedFiles = new DeletedFiles();
  /** TCP connections that stand still. */
  readonly repaired: RepairedConnections;
  readonly #reversals: (() => void)[] = [];
  /** Users and groups as images have them. */
  readonly ids: IdsInside;
  readonly inventory: Draft<InventoryEntry> = {};

  constructor(
    tasks: readonly FrozenTask[],
    options: CheckpointOptions,
    images: ImageWriter,
    findings: CheckpointFindings,
    host: Host,
    freezer: Freezer,
    describe: (file: OpenFile, tree: FrozenTree) => FileDescription | undefined,
  ) {
    this.tasks = tasks;
    this.options = options;
    this.images = images;
    this.findings = findings;
    this.host = host;
    this.freezer = freezer;
    this.ids = new IdsInside(this.root.proc);
    this.repaired = new RepairedConnections(host);
    this.files = new FileTable(this, (file) => describe(file, this));
  }

  /** Says what is to be done when the tree goes on after all: what was taken from it is given back. */
  onSurvival(giveBack: () => void): void {
    this.#reversals.push(giveBack);
  }
  /** The tree goes on. */
  survive(): void {
    for (const giveBack of this.#reversals.splice(0).reverse()) giveBack();
  }
  /** The tree is dead. */
  perish(): void {
    this.#reversals.length = 0;
  }

  get root(): FrozenTask {
    const [root] = this.tasks;
    if (root === undefined) throw new Error("Cannot checkpoint an empty tree");
    return root;
  }
  /** Does something in the network namespace of the tree; nothing is awaited meanwhile. */
  insideNetwork<T>(work: () => T): T {
    if (ownNamespace(this, "net") === undefined) return work();
    return this.host.inside(`/proc/${this.root.hostPid}/ns/net`, "net", work);
  }
  /** The id of a task or thread of the tree as it stands in images; 0 for those of others. */
  pidInside(hostId: number): number {
    const threads = this.tasks.flatMap((task) => task.threads);
    return (
      this.tasks.find(({ hostPid }) => hostPid === hostId)?.pid ??
      threads.find(({ frozen }) => frozen.tid === hostId)?.tid ??
      0
    );
  }
  /** Tasks that have not ended. */
  get alive(): readonly FrozenTask[] {
    return this.tasks.filter((task) => !task.isZombie);
  }
}
