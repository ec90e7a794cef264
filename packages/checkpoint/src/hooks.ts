import { AsyncSeriesHook, SyncBailHook } from "tapable";
import type { OpenFile } from "./files/open-file.ts";
import type { FileDescription } from "./images/draft.ts";
import type { FrozenTask, FrozenThread } from "./tree/frozen-task.ts";
import type { FrozenTree } from "./tree/frozen-tree.ts";

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
  /** Answers are there: make entries of them. Refusing is possible still. */
  readonly collect: TreeHooks;
  /** Makes the entry of an open file; the first that returns one wins. Nobody does: the file is refused. */
  readonly describeFile: SyncBailHook<[OpenFile, FrozenTree], FileDescription | undefined>;
  /** Nothing was refused: contents are copied, then all entries are encoded. */
  readonly write: TreeHooks;
}

export function createCheckpointHooks(): CheckpointHooks {
  return {
    look: treeHooks(),
    collect: treeHooks(),
    describeFile: new SyncBailHook<[OpenFile, FrozenTree], FileDescription | undefined>(["file", "tree"]),
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
