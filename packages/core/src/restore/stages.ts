/**
 * A stage of a restore. CRIU's rule: the coordinator starts a stage, every participant confirms it, and the coordinator acts and starts the next.
 * Source of names and values: CRIU criu/include/restorer.h.
 */
export interface Stage {
  readonly name: StageName;
  /** CRIU's CR_STATE_* value. */
  readonly value: number;
  /** The participants whose confirmation the barrier waits for. */
  readonly participants: Participants;
  /** What is done in it. */
  readonly what: string;
}

/** `none`: nobody; `root`: the root task; `tasks`: all tasks, helpers and zombies; `all`: their threads as well; `alive`: the threads of the tasks that go on. */
export type Participants = "none" | "root" | "tasks" | "all" | "alive";

export type StageName =
  | "FAIL"
  | "ROOT_TASK"
  | "PREPARE_NAMESPACES"
  | "FORKING"
  | "RESTORE"
  | "RESTORE_SIGCHLD"
  | "RESTORE_CREDS"
  | "COMPLETE";

export const FAIL: Stage = {
  name: "FAIL",
  value: -1,
  participants: "none",
  what: "every task is killed, and every change of the host is undone",
};

/** The stages that run, in order. */
export const STAGES = [
  {
    name: "ROOT_TASK",
    value: 0,
    participants: "root",
    what: "the root task is created and enters its namespaces",
  },
  {
    name: "PREPARE_NAMESPACES",
    value: 1,
    participants: "root",
    what: "the namespaces get their contents: cgroups, host names, IPC objects, networks, mounts",
  },
  {
    name: "FORKING",
    value: 2,
    participants: "tasks",
    what: "each task maps the memory that it shares with its children, forks them, and starts its session and process group",
  },
  {
    name: "RESTORE",
    value: 3,
    participants: "all",
    what: "files, the rest of memory, threads and attributes are restored; then helpers and zombies exit",
  },
  {
    name: "RESTORE_SIGCHLD",
    value: 4,
    participants: "alive",
    what: "helpers are reaped; SIGCHLD handlers and pending signals are restored",
  },
  {
    name: "RESTORE_CREDS",
    value: 5,
    participants: "alive",
    what: "seccomp filters and credentials are restored; after the last confirmation, tasks can resume",
  },
  {
    name: "COMPLETE",
    value: 6,
    participants: "alive",
    what: "timers are armed, registers are set, the restorer area is unmapped; then the commit, and all tasks resume at once",
  },
] as const satisfies readonly Stage[];

/** The name of a stage that runs, and so has hooks. */
export type RunStageName = (typeof STAGES)[number]["name"];

/** The stages after which a restore can still be undone, in order: a decision that others share is made there. After the last of them, the tree runs. */
export const UNDOABLE_STAGES: readonly RunStageName[] = STAGES.map(({ name }) => name).filter(
  (name) => name !== "COMPLETE",
);
