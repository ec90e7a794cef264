import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "cgroups",
    saved:
      "the cgroups of tasks and threads, v1 and v2, with their settings and owners, and the cgroups below them; cgroup namespaces; not with `--manage-cgroups=ignore`",
    lost: "cgroups of hierarchies that are not mounted at the checkpoint, with a warning; tasks in the cgroups of `restage checkpoint` are restored into those of `restage restore`",
    restored:
      "the cgroups of tasks and threads, v1 and v2; cgroup namespaces; frozen cgroups; missing cgroups are created with their owners and settings, in CRIU's modes (`--manage-cgroups`, `--cgroup-root`, `--cgroup-yard`); hierarchies that are not mounted are mounted during the restore",
    refused: {
      dump: "tasks outside the root of their cgroup namespace",
      restore: "controllers that this kernel does not have",
    },
    shownBy: {
      saved: ["case cgroups", "case cgroup-settings", "case cgroup-namespace"],
      restored: ["case cgroups", "case cgroup-settings", "case cgroup-namespace"],
    },
  },
];
