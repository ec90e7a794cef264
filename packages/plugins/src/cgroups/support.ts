import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "cgroups",
    restored:
      "membership of tasks and threads in v1 and v2, cgroup namespaces, frozen cgroups; missing cgroups are made with owners and settings, in CRIU's modes (`--manage-cgroups`, `--cgroup-root`, `--cgroup-yard`)",
    refused: { restore: "controllers that are not mounted here" },
    shownBy: { restored: ["case cgroups", "case cgroup-settings"] },
  },
];
