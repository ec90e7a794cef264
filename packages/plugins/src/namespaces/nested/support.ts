import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "nested namespaces",
    restored: "tasks in other network and mount namespaces than the root task, if the root task has its own",
    refused: {
      dump: "tasks in another namespace of any kind than the root task; tasks whose children would be in another pid or time namespace",
      restore: "tasks in another pid, IPC, UTS, user or cgroup namespace than the root task",
    },
    shownBy: {
      restored: ["case net-namespaces", "case mount-namespaces"],
    },
  },
];
