import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "process tree, sessions, groups",
    restored: "with and without leaders",
    shownBy: { restored: ["fixture tree"] },
  },
  {
    group: "tasks",
    what: "jobs of a shell",
    restored: "in the session of the caller, with `--shell-job`",
    shownBy: { restored: ["case shell-job"] },
  },
];
