import { AsyncSeriesHook, SyncBailHook } from "tapable";
import type { OpenFile } from "./open-file.ts";
import type { FileDescription } from "./draft.ts";
import type { FrozenTask, FrozenThread } from "./seized-task.ts";
import type { FrozenTree } from "./seized-tree.ts";

/** The three views of the tree that a plugin can take, in this order. */
export interface TreeHooks {
  readonly tree: AsyncSeriesHook<[FrozenTree]>;
  /** Once for each task that has not ended. */
  readonly task: AsyncSeriesHook<[FrozenTask, FrozenTree]>;
  /** Once for each thread, leaders included. */
  readonly thread: AsyncSeriesHook<[FrozenThread, FrozenTree]>;
}

/** Every hook of a checkpoint. */
export interface CheckpointHooks {
  /** The tree stands: look at it, refuse what cannot be saved, and record what threads are to be asked. */
  readonly look: TreeHooks;
  /** Makes the entry of an open file; the first that returns one wins. Nobody does: the file is refused. */
  readonly describeFile: SyncBailHook<[OpenFile, FrozenTree], FileDescription | undefined>;
  /** All open files are described: refuse what cannot be saved for the sake of others. When anything was refused it ends here. */
  readonly described: AsyncSeriesHook<[FrozenTree]>;
  /** Threads have answered: make entries of it. */
  readonly collect: TreeHooks;
  /** Contents are copied, then all entries are encoded. */
  readonly write: TreeHooks;
}

export function createCheckpointHooks(): CheckpointHooks {
  return {
    look: treeHooks(),
    describeFile: new SyncBailHook<[OpenFile, FrozenTree], FileDescription | undefined>(["file", "tree"]),
    described: new AsyncSeriesHook<[FrozenTree]>(["tree"]),
    collect: treeHooks(),
    write: treeHooks(),
  };
}

function treeHooks(): TreeHooks {
  return {
    tree: new AsyncSeriesHook<[FrozenTree]>(["tree"]),
    task: new AsyncSeriesHook<[FrozenTask, FrozenTree]>(["task", "tree"]),
    thread: new AsyncSeriesHook<[FrozenThread, FrozenTree]>(["thread", "tree"]),
  };
}
