import type { Host } from "../host/host.ts";
import type { ImageSet } from "./image-set.ts";
import type { RestoreOptions } from "./options.ts";
import type { ServiceDescriptors } from "./service-descriptors.ts";
import type { Stage } from "./stages.ts";
import type { StubTask } from "./stub.ts";
import type { Tree } from "./tree.ts";

/** What the taps of a stage work with. */
export interface StageContext {
  readonly stage: Stage;
  readonly tree: Tree;
  readonly images: ImageSet;
  readonly options: RestoreOptions;
  /** The coordinator's own calls. */
  readonly host: Host;
  /** The process that forks the root task; calls recorded in `enter` run before the tasks' hooks. */
  readonly stub: StubTask;
  readonly serviceDescriptors: ServiceDescriptors;
  /** Whether this is a dry run on a recording kernel, in which taps must change nothing outside. */
  readonly dryRun: boolean;
  /** Fires when a time limit passes, or when the restore has failed: pass it on to what a tap waits for. */
  readonly signal: AbortSignal;
}
