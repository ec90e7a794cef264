import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "pid namespace",
    restored:
      "a new one with the root task as pid 1, or one from outside (`--external pid[...]` at the dump, `--inherit-fd` now); all tasks with their pids in it",
    refused: { restore: "a part of the tree in a namespace within it, which CRIU 4.2 does not dump" },
    kernel: "CONFIG_PID_NS",
    shownBy: { restored: ["case container", "case external-pids", "fixture namespaces", "fixture userns"] },
  },
];
