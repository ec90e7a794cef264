import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "keyrings",
    lost: "empty keyrings of threads, processes and sessions; restored tasks have the session keyring of `restage restore`",
    refused: {
      dump: "keys in the keyring of a thread, a process or a session other than that of `restage checkpoint`, unless `--allow-loss keys` is given",
    },
    shownBy: {},
  },
];
