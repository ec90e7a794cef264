import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "nested namespaces",
    restored: "network and mount namespaces, in a tree whose root task has one of its own",
    refused: {
      dump: "tasks in another namespace than the root task, of any kind; cgroup namespaces",
      restore: "tasks in another pid, IPC, UTS, user or cgroup namespace than the root task",
    },
    shownBy: { restored: ["case net-namespaces", "case mount-namespaces"] },
  },
];
