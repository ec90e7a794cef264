import { AsyncSeriesHook, SyncBailHook } from "tapable";
import type { Intercept } from "../plugin/intercept.ts";
import type { FileDescription } from "./draft.ts";
import type { DumpContext } from "./dump-context.ts";
import type { OpenFile } from "./open-file.ts";
import type { PagesRequest, PagesWriter } from "./pages-writer.ts";
import { PHASES, type PhaseName } from "./phases.ts";
import type { SeizedTask, SeizedThread } from "./seized-task.ts";
import type { SeizedTree } from "./seized-tree.ts";

/** The hooks of one phase, called in this order. */
export interface PhaseHooks {
  readonly tree: AsyncSeriesHook<[SeizedTree, DumpContext]>;
  /** Once for each task that has not ended. */
  readonly task: AsyncSeriesHook<[SeizedTask, DumpContext]>;
  /** Once for each thread, leaders included; after the hook of its task. */
  readonly thread: AsyncSeriesHook<[SeizedThread, DumpContext]>;
}

/** Every hook of a checkpoint. */
export interface DumpHooks {
  readonly phases: Readonly<Record<PhaseName, PhaseHooks>>;
  /** Makes the entry of an open file; the first tap that returns one wins. A file that no tap describes is refused. */
  readonly describeFile: SyncBailHook<[OpenFile, DumpContext], FileDescription | undefined>;
  /** All open files are described: refuse what cannot be saved because of the others. */
  readonly filesDescribed: AsyncSeriesHook<[SeizedTree, DumpContext]>;
  /** Where the memory of a task or a shared segment goes: the first tap that returns a writer wins. By default, it goes to the images. */
  readonly pagesWriter: SyncBailHook<[PagesRequest, DumpContext], PagesWriter | undefined>;
  /** All images are written to `images.current`, and the tree can still be left unharmed: a failure does that. */
  readonly imagesWritten: AsyncSeriesHook<[SeizedTree, DumpContext]>;
  /** The images are in their directory, and the tree is still stopped: a failure resumes it. It can take as long as it needs. */
  readonly imagesPublished: AsyncSeriesHook<[SeizedTree, DumpContext]>;
  /** Memory that stays in the tree (`lazyPages`) can be taken from now on, at a TCP port of this machine; 0 for a socket that was passed. */
  readonly servingPages: AsyncSeriesHook<[number, DumpContext]>;
  /** The user that must own the images, if not that of this process: the first tap that returns one wins. */
  readonly imageOwner: SyncBailHook<[DumpContext], number | undefined>;
}

export function createDumpHooks(intercept: Intercept = () => {}): DumpHooks {
  function ready<H extends Parameters<Intercept>[0]>(hook: H, name: string): H {
    intercept(hook, name);
    return hook;
  }
  const phases = Object.fromEntries(
    PHASES.map(({ name }): [PhaseName, PhaseHooks] => [
      name,
      Object.freeze({
        tree: ready(new AsyncSeriesHook<[SeizedTree, DumpContext]>(["tree", "context"]), `${name}.tree`),
        task: ready(new AsyncSeriesHook<[SeizedTask, DumpContext]>(["task", "context"]), `${name}.task`),
        thread: ready(new AsyncSeriesHook<[SeizedThread, DumpContext]>(["thread", "context"]), `${name}.thread`),
      }),
    ]),
  ) as unknown as Record<PhaseName, PhaseHooks>;
  return Object.freeze({
    phases: Object.freeze(phases),
    describeFile: ready(
      new SyncBailHook<[OpenFile, DumpContext], FileDescription | undefined>(["file", "context"]),
      "describeFile",
    ),
    filesDescribed: ready(new AsyncSeriesHook<[SeizedTree, DumpContext]>(["tree", "context"]), "filesDescribed"),
    imagesWritten: ready(new AsyncSeriesHook<[SeizedTree, DumpContext]>(["tree", "context"]), "imagesWritten"),
    pagesWriter: ready(
      new SyncBailHook<[PagesRequest, DumpContext], PagesWriter | undefined>(["request", "context"]),
      "pagesWriter",
    ),
    imagesPublished: ready(new AsyncSeriesHook<[SeizedTree, DumpContext]>(["tree", "context"]), "imagesPublished"),
    servingPages: ready(new AsyncSeriesHook<[number, DumpContext]>(["port", "context"]), "servingPages"),
    imageOwner: ready(new SyncBailHook<[DumpContext], number | undefined>(["context"]), "imageOwner"),
  });
}
