import { type FileEntry, fdTypes, type ImageSource, imageKinds } from "@restage/images";
import { AsyncSeriesHook, HookMap, SyncBailHook, SyncHook, SyncWaterfallHook } from "tapable";
import type { RestoreError } from "../errors.ts";
import type { Intercept, InterceptableHook } from "../plugin/intercept.ts";
import { unknownName } from "../plugin/known-members.ts";
import type { Value } from "../program/deferred.ts";
import type { EntryKinds, EntryPlace } from "./entry-kinds.ts";
import type { FileToOpen, OpenedFiles } from "./file-to-open.ts";
import type { ImageRequest } from "./image-request.ts";
import type { ImageSet } from "./image-set.ts";
import type { MemoryPatch } from "./memory-patch.ts";
import type { Plan } from "./plan.ts";
import type { StageContext } from "./stage-context.ts";
import { type RunStageName, STAGES } from "./stages.ts";
import type { Task, Thread } from "./task.ts";
import type { TemplateContext } from "./template-context.ts";

/** The hooks of one stage. */
export interface StageHooks {
  /** In the coordinator, before any task starts the stage. */
  readonly enter: AsyncSeriesHook<[StageContext]>;
  /** Once for each participating task: records what the task will do. */
  readonly task: AsyncSeriesHook<[Task, StageContext]>;
  /** Once for each participating thread, leaders included; after the hook of its task. */
  readonly thread: AsyncSeriesHook<[Thread, StageContext]>;
  /** In the coordinator, after all participants have confirmed. */
  readonly leave: AsyncSeriesHook<[StageContext]>;
}

export type EntryHooks = { readonly [K in keyof EntryKinds]: SyncWaterfallHook<[EntryKinds[K], EntryPlace]> };

/** Every hook of a restore. */
export interface RestoreHooks {
  /** Where images come from: the first tap that returns a source wins. */
  readonly imageSource: SyncBailHook<[ImageRequest], ImageSource | undefined>;
  /** Each image entry as it is read: return another one to change it (a path, a port, an id). */
  readonly entries: EntryHooks;
  /** Looks at the whole checkpoint before any task exists, and refuses what cannot be restored. */
  readonly plan: AsyncSeriesHook<[Plan]>;
  /** Opens a file, by its type in CRIU's `fd_types` (REG, PIPE, ...), and returns the descriptor. */
  readonly openFile: HookMap<SyncBailHook<[FileToOpen], Value | undefined>>;
  /**
   * Groups files, by type: those with the same name are opened by one task (the two ends of a pipe). A file of a type without taps is its own
   * group.
   */
  readonly fileGroup: HookMap<SyncBailHook<[FileEntry], string | undefined>>;
  /**
   * Names other files, by id, that must be open in the task that opens a file: the peer of a socket, or files in flight in its queue. They are opened
   * even if no descriptor refers to them.
   */
  readonly fileNeeds: HookMap<SyncBailHook<[FileEntry, ImageSet], readonly number[] | undefined>>;
  /** A task has opened all its files: for work that takes several of them (connecting sockets, filling their queues). */
  readonly filesOpened: SyncHook<[OpenedFiles]>;
  /**
   * The mounts of a tree with its own mount namespace exist, below the working directory of the root task, whose root directory is still the host's: the
   * last moment at which it can reach both.
   */
  readonly mountsReady: AsyncSeriesHook<[Task, StageContext]>;
  /**
   * Takes the master of a terminal whose own master was outside the tree, such as the console of a container: a descriptor of this process that is closed
   * afterwards. Without a tap, such a tree is refused.
   */
  readonly orphanMaster: AsyncSeriesHook<[number, StageContext]>;
  /** Changes the memory of a task before it resumes. */
  readonly patchMemory: AsyncSeriesHook<[MemoryPatch]>;
  /** A template of clones is made. Every clone inherits what a tap puts into the memory of its stub. */
  readonly template: AsyncSeriesHook<[TemplateContext]>;
  readonly stages: Readonly<Record<RunStageName, StageHooks>>;
  /** The last moment before all tasks resume; a failure is still rolled back. */
  readonly commit: AsyncSeriesHook<[StageContext]>;
  /** After a failure, before the tasks are killed and everything is rolled back. */
  readonly abort: AsyncSeriesHook<[RestoreError, Plan]>;
  /** All tasks run. */
  readonly complete: AsyncSeriesHook<[StageContext]>;
}

/**
 * Makes the hooks of a restore, those of stages from the stage table.
 *
 * @param intercept is called with each hook before anyone can tap it.
 */
export function createRestoreHooks(intercept: Intercept = () => {}): RestoreHooks {
  function ready<H extends InterceptableHook>(hook: H, name: string): H {
    intercept(hook, name);
    return hook;
  }
  const stages = Object.fromEntries(
    STAGES.map(({ name }): [RunStageName, StageHooks] => [
      name,
      Object.freeze({
        enter: ready(new AsyncSeriesHook<[StageContext]>(["stage"]), `${name}.enter`),
        task: ready(new AsyncSeriesHook<[Task, StageContext]>(["task", "context"]), `${name}.task`),
        thread: ready(new AsyncSeriesHook<[Thread, StageContext]>(["thread", "context"]), `${name}.thread`),
        leave: ready(new AsyncSeriesHook<[StageContext]>(["stage"]), `${name}.leave`),
      }),
    ]),
  ) as unknown as Record<RunStageName, StageHooks>;
  return Object.freeze({
    imageSource: ready(new SyncBailHook<[ImageRequest], ImageSource | undefined>(["request"]), "imageSource"),
    entries: createEntryHooks(ready),
    plan: ready(new AsyncSeriesHook<[Plan]>(["plan"]), "plan"),
    openFile: new HookMap((type) =>
      ready(new SyncBailHook<[FileToOpen], Value | undefined>(["file"]), `openFile.${knownType(type)}`),
    ),
    fileGroup: new HookMap((type) =>
      ready(new SyncBailHook<[FileEntry], string | undefined>(["file"]), `fileGroup.${knownType(type)}`),
    ),
    fileNeeds: new HookMap((type) =>
      ready(
        new SyncBailHook<[FileEntry, ImageSet], readonly number[] | undefined>(["file", "images"]),
        `fileNeeds.${knownType(type)}`,
      ),
    ),
    filesOpened: ready(new SyncHook<[OpenedFiles]>(["files"]), "filesOpened"),
    mountsReady: ready(new AsyncSeriesHook<[Task, StageContext]>(["root", "context"]), "mountsReady"),
    orphanMaster: ready(new AsyncSeriesHook<[number, StageContext]>(["descriptor", "context"]), "orphanMaster"),
    patchMemory: ready(new AsyncSeriesHook<[MemoryPatch]>(["patch"]), "patchMemory"),
    template: ready(new AsyncSeriesHook<[TemplateContext]>(["template"]), "template"),
    stages: Object.freeze(stages),
    commit: ready(new AsyncSeriesHook<[StageContext]>(["stage"]), "commit"),
    abort: ready(new AsyncSeriesHook<[RestoreError, Plan]>(["error", "plan"]), "abort"),
    complete: ready(new AsyncSeriesHook<[StageContext]>(["stage"]), "complete"),
  });
}

/** The name of a file type. Throws ERR_PLUGIN when there is no such type: its hook would never be called. */
function knownType(type: unknown): string {
  if (typeof type === "string" && Object.hasOwn(fdTypes, type)) return type;
  throw unknownName("file type", String(type), Object.keys(fdTypes));
}

/** Makes each hook when it is first asked for, because a restore reads few of the image kinds. */
function createEntryHooks(ready: <H extends InterceptableHook>(hook: H, name: string) => H): EntryHooks {
  const hooks = new Map<string, SyncWaterfallHook<[unknown, EntryPlace]>>();
  return new Proxy({} as EntryHooks, {
    get(_target, kind) {
      if (typeof kind !== "string") return undefined;
      if (!Object.hasOwn(imageKinds, kind)) throw unknownName("image kind", kind, Object.keys(imageKinds), "entries.");
      let hook = hooks.get(kind);
      if (hook === undefined) {
        hook = ready(new SyncWaterfallHook<[unknown, EntryPlace]>(["entry", "place"]), `entries.${kind}`);
        hooks.set(kind, hook);
      }
      return hook;
    },
  });
}
