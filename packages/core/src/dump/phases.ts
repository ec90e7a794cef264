/**
 * The phases of a checkpoint, in order. In each, the coordinator calls the phase's taps for the tree, then for every task and each of its
 * threads, and then acts: `what` is done in it, `after` is what the coordinator does after the taps.
 */
export const PHASES = [
  {
    name: "seize",
    what: "every thread of the tree has been stopped where it was",
    after: "",
  },
  {
    name: "inspect",
    what: "the coordinator reads /proc and looks at open files; what cannot be saved is refused by name",
    after: "every open file is described; with any refusal the checkpoint ends here, and the tree resumes unchanged",
  },
  {
    name: "query",
    what: "taps record the system calls that only a thread itself can make: its timers, signal actions, limits",
    after: "all threads make their calls at once, and are put back to where they were",
  },
  {
    name: "collect",
    what: "taps make image entries of the answers",
    after: "",
  },
  {
    name: "write",
    what: "taps copy contents and add the last entries: memory, deleted files, pipes, namespaces",
    after: "",
  },
  {
    name: "resume",
    what: "the images are complete, or with --leave-running their contents are",
    after: "the tree resumes, is left stopped, or is killed",
  },
] as const satisfies readonly { readonly name: string; readonly what: string; readonly after: string }[];

export type PhaseName = (typeof PHASES)[number]["name"];
