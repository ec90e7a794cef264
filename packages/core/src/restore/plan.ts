import type { ImageSource } from "@restage/images";
import type { InitOptions } from "@restage/linux";
import type { CapabilityName } from "@restage/linux/abi";
import { RestoreError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import { TimeLimit } from "../plugin/time-limit.ts";
import type { ImageSet } from "./image-set.ts";
import { MissingCapabilities } from "./missing-capabilities.ts";
import type { RestoreOptions } from "./options.ts";
import type { ServiceDescriptors } from "./service-descriptors.ts";
import type { Task } from "./task.ts";
import type { Tree } from "./tree.ts";

/** Something that was found while planning. */
export interface Finding {
  /** `refused`: it cannot be restored; `warning`: it can, but not exactly as it was. */
  readonly severity: "refused" | "warning";
  /** What it is about, for example `file /var/log/app.log`. */
  readonly what: string;
  readonly why: string;
  readonly hint?: string | undefined;
  /**
   * What removes a refusal: a change of this machine, or other options. Without it, the images themselves cannot be restored, and the checkpoint that
   * makes them fails.
   */
  readonly remedy?: "machine" | "options" | undefined;
  readonly pid?: number | undefined;
  /** The name of the task's command. */
  readonly comm?: string | undefined;
  /** The plugin that found it. */
  readonly plugin: string;
}

export type NewFinding = Omit<Finding, "severity" | "plugin" | "comm">;

/**
 * The checkpoint as it will be restored, before any task exists. `plan` taps inspect it and refuse what cannot be restored.
 */
export class Plan {
  readonly images: ImageSet;
  readonly tree: Tree;
  readonly options: RestoreOptions;
  readonly host: Host;
  readonly serviceDescriptors: ServiceDescriptors;
  readonly #findings: Finding[] = [];
  readonly #missing = new MissingCapabilities();
  /** Whether this is a dry run on a recording kernel, in which taps must change nothing outside. */
  readonly dryRun: boolean;
  readonly limit: TimeLimit;
  #init: InitOptions | undefined;
  #forksSibling = false;
  /** The plugin whose tap runs; set by the plugin driver. */
  plugin = "core";

  constructor(
    images: ImageSet,
    tree: Tree,
    options: RestoreOptions,
    host: Host,
    serviceDescriptors: ServiceDescriptors,
    dryRun = false,
  ) {
    this.images = images;
    this.tree = tree;
    this.options = options;
    this.host = host;
    this.serviceDescriptors = serviceDescriptors;
    this.dryRun = dryRun;
    this.limit = new TimeLimit(options.timeout);
  }

  /** Fires when a time limit passes, or when the restore has failed: pass it on to what a tap waits for. */
  get signal(): AbortSignal {
    return this.limit.signal;
  }

  get source(): ImageSource {
    return this.images.source;
  }
  /** The tasks that continue after the restore. */
  get survivors(): readonly Task[] {
    return this.tree.tasks.filter((task) => task.survives);
  }
  get findings(): readonly Finding[] {
    return [...this.#findings, ...this.#missing.findings];
  }

  /** An init of Restage's that becomes the parent of the tree; none if the tree continues in an existing pid namespace. */
  get init(): InitOptions | undefined {
    return this.#init;
  }
  /** Restores the tree in a new pid namespace under an init of Restage's. */
  startInit(init: InitOptions): void {
    this.#init = init;
  }

  /** Whether the stub forks the root task also for a sibling of this process, instead of becoming it. */
  get forksSibling(): boolean {
    return this.#forksSibling;
  }
  /** Lets the stub fork a sibling: only a fork enters a user namespace or an existing pid namespace. This process's parent has to reap the stub. */
  forkSibling(): void {
    this.#forksSibling = true;
  }

  /** Reports something that cannot be restored here. */
  refuse(finding: NewFinding): void {
    this.#add("refused", finding);
  }
  /** Reports something that will not come back exactly as it was. */
  warn(finding: NewFinding): void {
    this.#add("warning", finding);
  }
  #add(severity: Finding["severity"], finding: NewFinding): void {
    const comm = finding.pid === undefined ? undefined : this.tree.byPid(finding.pid)?.comm;
    this.#findings.push({ ...finding, comm, severity, plugin: this.plugin });
  }

  /**
   * Reports a capability that this process does not have. All reports of a capability make one finding, a refusal if one of them is.
   *
   * @param consequence a clause that says what cannot be restored: `the clocks cannot continue from their saved values`.
   */
  lacks(name: CapabilityName, severity: Finding["severity"], consequence: string): void {
    this.#missing.add(name, { severity, consequence, plugin: this.plugin });
  }

  /** Throws ERR_REFUSED with all refusals, when there are any. */
  assertRestorable(): void {
    const refused = this.findings.filter(({ severity }) => severity === "refused");
    const [first] = refused;
    if (first === undefined) return;
    const failures = refused.map(
      ({ what, why, hint, pid, comm, plugin }) =>
        new RestoreError("ERR_REFUSED", `${what}: ${why}`, { pid, comm, plugin, hint }),
    );
    if (failures.length === 1 && failures[0] !== undefined) throw failures[0];
    throw new RestoreError("ERR_REFUSED", `Cannot restore this checkpoint here: ${refused.length} findings`, {
      failures,
    });
  }
}
