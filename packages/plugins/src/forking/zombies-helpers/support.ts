import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "zombies",
    restored: "exit codes and signals, waitable",
    shownBy: { restored: ["fixture tree"] },
  },
];
