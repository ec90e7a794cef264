import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "pids that are taken here",
    restored: "in a new pid namespace under an init, with `--new-pid-namespace`; without root with `--unprivileged`",
    refused: { restore: "with `--unprivileged`: several users or groups" },
    kernel: "CONFIG_PID_NS, CONFIG_USER_NS",
    shownBy: { restored: ["case lone-task", "case family"] },
  },
];
