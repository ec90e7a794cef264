import type { InventoryEntry } from "@restage/images";
import type { Seizer } from "@restage/linux";
import type { Host } from "../host/host.ts";
import type { Service } from "../plugin/service.ts";
import type { Draft } from "./draft.ts";
import type { FileTable } from "./file-table.ts";
import type { Findings } from "./findings.ts";
import type { ImageWriter } from "./image-writer.ts";
import type { DumpOptions } from "./options.ts";
import type { OwnDrafts } from "./own-drafts.ts";
import type { PagesRequest, PagesWriter } from "./pages-writer.ts";
import type { PhaseName } from "./phases.ts";
import type { SeizedTask } from "./seized-task.ts";
import type { SeizedTree } from "./seized-tree.ts";

/** What the taps of a checkpoint work with. */
export interface DumpContext {
  /** The phase that runs. */
  readonly phase: PhaseName;
  readonly tree: SeizedTree;
  readonly options: DumpOptions;
  /** Tells this checkpoint from all others, for names. */
  readonly runId: string;
  readonly images: ImageWriter;
  /** The entry of inventory.img, written at the end. */
  readonly inventory: Draft<InventoryEntry>;
  /** What CRIU's images have no fields for. */
  readonly own: OwnDrafts;
  /** Begins to save the memory of a task or a shared segment. */
  savePages(request: PagesRequest): PagesWriter;
  /** What cannot be saved, or will not come back exactly. */
  readonly findings: Findings;
  /** The coordinator's own calls. */
  readonly host: Host;
  /** State of the stopped threads and of their memory. */
  readonly seizer: Seizer;
  /** Open files, each once, however many descriptors refer to it. */
  readonly files: FileTable;
  /** The service, from the plugin that provides it. */
  service<T>(service: Service<T>): T;
  /** Whether this is a dry run on a recording kernel, in which taps must change nothing outside. */
  readonly dryRun: boolean;
  /** Fires when a time limit passes, or when the checkpoint has failed: pass it on to what a tap waits for. */
  readonly signal: AbortSignal;
  /** Registers work that needs no stopped tree. It runs after all phases: with --leave-running, when the tree runs again. */
  defer(task: SeizedTask, work: () => void): void;
  /** Registers what gives the tree back something that was taken from it. Called, newest first, when the tree resumes. */
  onResume(giveBack: () => void): void;
  /** Registers what is done to the tree right before it is held, for example because it is about to end. It can register with `onResume` how to take this back. */
  onHold(prepare: () => void): void;
  /** Holds the tree: if this process dies, the kernel kills the tree. A tree that is held still resumes when the checkpoint fails. */
  hold(): void;
}
