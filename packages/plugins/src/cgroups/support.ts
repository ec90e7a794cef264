import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "cgroups",
    lost: "the cgroups of tasks: such a tree is restored into the cgroup of `restage restore`",
    restored:
      "the cgroups of tasks and threads, v1 and v2; cgroup namespaces; frozen cgroups; missing cgroups are created with their owners and settings, in CRIU's modes (`--manage-cgroups`, `--cgroup-root`, `--cgroup-yard`)",
    refused: {
      dump: "cgroup namespaces",
      restore: "controllers that are not mounted on this machine",
    },
    shownBy: {
      restored: ["case cgroups", "case cgroup-settings"],
    },
  },
];
