import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "nested namespaces",
    saved: "tasks in other mount namespaces than the root task, if the root task has its own",
    restored: "tasks in other network and mount namespaces than the root task, if the root task has its own",
    refused: {
      dump: "tasks in another namespace of any other kind than the root task; tasks whose children would be in another pid or time namespace",
      restore: "tasks in another pid, IPC, UTS, user or cgroup namespace than the root task",
    },
    shownBy: {
      saved: ["case mount-namespaces"],
      restored: ["case net-namespaces", "case mount-namespaces"],
    },
  },
];
