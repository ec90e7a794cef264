import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "namespaces",
    saved: "pid, mount, UTS, IPC, network and user namespaces, one of each for all tasks",
    refused: { dump: "nested namespaces; cgroup namespaces" },
    shownBy: { saved: ["fixture namespaces", "fixture userns"] },
  },
];
