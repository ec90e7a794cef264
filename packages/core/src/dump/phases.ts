/**
 * The phases of a checkpoint, in order. In each, the coordinator calls the phase's taps for the tree, then for every task and each of its
 * threads, and then acts: `what` is done in it, `after` is what the coordinator does after the taps.
 */
export const PHASES = [
  {
    name: "seize",
    what: "every thread of the tree has been stopped",
    after: "",
  },
  {
    name: "inspect",
    what: "taps read /proc and look at open files, and refuse what cannot be saved",
    after: "every open file is described; if anything was refused, the checkpoint fails and the tree resumes unchanged",
  },
  {
    name: "query",
    what: "taps record system calls that only a thread itself can make",
    after: "all threads make their calls at once, and their registers are restored",
  },
  {
    name: "collect",
    what: "taps make image entries from the answers",
    after: "",
  },
  {
    name: "write",
    what: "taps copy contents and add the last entries",
    after: "",
  },
  {
    name: "resume",
    what: "the images are complete; with --leave-running, at least their contents",
    after: "the tree resumes, is left stopped, or is killed",
  },
] as const satisfies readonly { readonly name: string; readonly what: string; readonly after: string }[];

export type PhaseName = (typeof PHASES)[number]["name"];
