import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "trees whose pids are in use",
    restored:
      "in a new pid namespace under an init of Restage, with `--new-pid-namespace`; without root, with `--unprivileged`",
    refused: {
      restore: "with `--unprivileged`, trees with several users or groups",
    },
    kernel: "CONFIG_PID_NS; CONFIG_USER_NS for `--unprivileged`",
    shownBy: {
      restored: ["case lone-task", "case family"],
    },
  },
];
