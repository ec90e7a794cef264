import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "pids that are in use here",
    restored:
      "in a new pid namespace under an init of Restage, with `--new-pid-namespace`; without root with `--unprivileged`",
    refused: { restore: "with `--unprivileged`: trees with several users or groups" },
    kernel: "CONFIG_PID_NS, CONFIG_USER_NS",
    shownBy: { restored: ["case lone-task", "case family"] },
  },
];
