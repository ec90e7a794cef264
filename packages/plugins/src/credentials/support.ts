import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "credentials",
    saved: "ids, groups, capabilities, securebits, of each thread",
    restored: "ids, groups, capabilities, securebits, no_new_privs, dumpable, parent death signal, of each thread",
    refused: { restore: "LSM labels" },
    shownBy: {
      saved: ["fixture creds", "case thread-credentials"],
      restored: ["fixture creds", "case thread-credentials"],
    },
  },
];
