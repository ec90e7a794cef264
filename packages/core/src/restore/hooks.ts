import type { FileEntry, ImageSource } from "@restage/images";
import { AsyncSeriesHook, HookMap, SyncBailHook, SyncHook, SyncWaterfallHook } from "tapable";
import type { RestoreError } from "../errors.ts";
import type { FileToOpen, OpenedFiles } from "./file-to-open.ts";
import type { Checkpoint } from "./image-set.ts";
import type { EntryKinds, EntryPlace } from "./entry-kinds.ts";
import type { ImageRequest } from "./image-request.ts";
import type { MemoryPatch } from "./memory-patch.ts";
import type { Plan } from "./plan.ts";
import type { Value } from "../program/deferred.ts";
import type { Task, Thread } from "./task.ts";
import type { StageContext } from "./stage-context.ts";
import { type RunStageName, STAGES } from "./stages.ts";

/** The hooks of one stage. */
export interface StageHooks {
  /** The coordinator, before any task starts the stage. */
  readonly enter: AsyncSeriesHook<[StageContext]>;
  /** Once for each task taking part: records what the task is to do. */
  readonly task: AsyncSeriesHook<[Task]>;
  /** Once for each thread taking part, leaders included; after the hook of its task. */
  readonly thread: AsyncSeriesHook<[Thread]>;
  /** The coordinator, after all have confirmed. */
  readonly leave: AsyncSeriesHook<[StageContext]>;
}

export type EntryHooks = { readonly [K in keyof EntryKinds]: SyncWaterfallHook<[EntryKinds[K], EntryPlace]> };

/** Every hook there is. */
export interface RestoreHooks {
  /** Where images come from: the first tap that returns a source wins. */
  readonly imageSource: SyncBailHook<[ImageRequest], ImageSource | undefined>;
  /** Each image entry as it is read: return another one to change it (a path, a port, an id). */
  readonly entries: EntryHooks;
  /** Looks at the whole checkpoint before any task exists, and refuses what cannot be restored. */
  readonly plan: AsyncSeriesHook<[Plan]>;
  /** Who opens a file, by its type in CRIU's `fd_types` (REG, PIPE, ...): returns the descriptor. */
  readonly openFile: HookMap<SyncBailHook<[FileToOpen], Value | undefined>>;
  /**
   * Which files are opened together, by type: all that give the same name are opened by one task (the two ends of a pipe). A file of a
   * type without taps stands for itself.
   */
  readonly fileGroup: HookMap<SyncBailHook<[FileEntry], string | undefined>>;
  /**
   * Which other files, by id, have to be open in the task that opens a file: the peer of a socket, what is in flight in its queue. They
   * are opened too when no descriptor refers to them.
   */
  readonly fileNeeds: HookMap<SyncBailHook<[FileEntry, Checkpoint], readonly number[] | undefined>>;
  /** All files that a task opens are open: what takes more than one of them is done (connecting sockets, filling their queues). */
  readonly filesOpened: SyncHook<[OpenedFiles]>;
  /**
   * The mounts of a tree with a mount namespace of its own are made, below the working directory of the root task, which is still on the host's
   * root: the last moment at which it can reach both.
   */
  readonly mountsReady: AsyncSeriesHook<[Task]>;
  /** Changes the memory of a task before it resumes. */
  readonly patchMemory: AsyncSeriesHook<[MemoryPatch]>;
  readonly stages: Readonly<Record<RunStageName, StageHooks>>;
  /** The last moment before all tasks are let go; failing here still undoes everything. */
  readonly commit: AsyncSeriesHook<[StageContext]>;
  /** After a failure, before the tasks are killed and what was made is undone. */
  readonly abort: AsyncSeriesHook<[RestoreError]>;
  /** All tasks run. */
  readonly complete: AsyncSeriesHook<[StageContext]>;
}

/** The part of a tapable hook that the plugin driver uses. */
export interface InterceptableHook {
  // biome-ignore lint/suspicious/noExplicitAny: the types of tapable's interceptors differ from hook to hook
  intercept(interceptor: { register: (tap: any) => any }): void;
}

/**
 * Made from the stage table: a stage without hooks cannot be.
 *
 * @param intercept is called with each hook before anyone can tap it.
 */
export function createHooks(intercept: (hook: InterceptableHook, name: string) => void = () => {}): RestoreHooks {
  function ready<H extends InterceptableHook>(hook: H, name: string): H {
    intercept(hook, name);
    return hook;
  }
  const stages = Object.fromEntries(
    STAGES.map(({ name }): [RunStageName, StageHooks] => [
      name,
      Object.freeze({
        enter: ready(new AsyncSeriesHook<[StageContext]>(["stage"]), `${name}.enter`),
        task: ready(new AsyncSeriesHook<[Task]>(["task"]), `${name}.task`),
        thread: ready(new AsyncSeriesHook<[Thread]>(["thread"]), `${name}.thread`),
        leave: ready(new AsyncSeriesHook<[StageContext]>(["stage"]), `${name}.leave`),
      }),
    ]),
  ) as unknown as Record<RunStageName, StageHooks>;
  return Object.freeze({
    imageSource: ready(new SyncBailHook<[ImageRequest], ImageSource | undefined>(["request"]), "imageSource"),
    entries: createEntryHooks(ready),
    plan: ready(new AsyncSeriesHook<[Plan]>(["plan"]), "plan"),
    openFile: new HookMap((type) =>
      ready(new SyncBailHook<[FileToOpen], Value | undefined>(["file"]), `openFile.${String(type)}`),
    ),
    fileGroup: new HookMap((type) =>
      ready(new SyncBailHook<[FileEntry], string | undefined>(["file"]), `fileGroup.${String(type)}`),
    ),
    fileNeeds: new HookMap((type) =>
      ready(
        new SyncBailHook<[FileEntry, Checkpoint], readonly number[] | undefined>(["file", "checkpoint"]),
        `fileNeeds.${String(type)}`,
      ),
    ),
    filesOpened: ready(new SyncHook<[OpenedFiles]>(["files"]), "filesOpened"),
    mountsReady: ready(new AsyncSeriesHook<[Task]>(["root"]), "mountsReady"),
    patchMemory: ready(new AsyncSeriesHook<[MemoryPatch]>(["patch"]), "patchMemory"),
    stages: Object.freeze(stages),
    commit: ready(new AsyncSeriesHook<[StageContext]>(["stage"]), "commit"),
    abort: ready(new AsyncSeriesHook<[RestoreError]>(["error"]), "abort"),
    complete: ready(new AsyncSeriesHook<[StageContext]>(["stage"]), "complete"),
  });
}

/**
 * Calls the taps of a hook, one after the other. tapable compiles a function for each hook when it is first called; a restore calls each
 * once, and running the taps as they are takes less than compiling. Hooks that somebody intercepts are left to tapable.
 */
export async function callTaps<T>(hook: AsyncSeriesHook<[T]>, subject: T): Promise<void> {
  const { interceptors, taps } = hook as unknown as SeriesHook<T>;
  if (
    interceptors.some(({ call, tap }) => call !== undefined || tap !== undefined) ||
    taps.some(({ type }) => type === "async")
  ) {
    await hook.promise(subject as never);
    return;
  }
  for (const { type, fn } of taps) {
    const settled = fn(subject);
    if (type === "promise") await settled;
  }
}

/** What a tapable hook holds; its types do not tell. */
interface SeriesHook<T> {
  readonly taps: readonly { readonly type: "sync" | "async" | "promise"; readonly fn: (subject: T) => unknown }[];
  readonly interceptors: readonly { readonly call?: unknown; readonly tap?: unknown }[];
}

/** Made when first asked for: a restore reads few of the kinds there are. */
function createEntryHooks(ready: <H extends InterceptableHook>(hook: H, name: string) => H): EntryHooks {
  const hooks = new Map<string, SyncWaterfallHook<[unknown, EntryPlace]>>();
  return new Proxy({} as EntryHooks, {
    get(_target, kind) {
      if (typeof kind !== "string") return undefined;
      let hook = hooks.get(kind);
      if (hook === undefined) {
        hook = ready(new SyncWaterfallHook<[unknown, EntryPlace]>(["entry", "place"]), `entries.${kind}`);
        hooks.set(kind, hook);
      }
      return hook;
    },
  });
}
