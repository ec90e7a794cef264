import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "credentials",
    saved:
      "user and group ids, supplementary groups, capabilities and securebits of each thread; no_new_privs, dumpable, parent death signal",
    lost: "LSM labels, which a checkpoint does not save",
    restored: "the same",
    refused: {
      restore: "LSM labels in CRIU's images",
    },
    shownBy: {
      saved: ["fixture creds", "case thread-credentials"],
      restored: ["fixture creds", "case thread-credentials"],
    },
  },
];
