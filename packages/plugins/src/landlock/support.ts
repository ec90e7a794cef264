import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "Landlock domains",
    refused: {
      dump: "a thread in a domain (its rules cannot be read), unless `--allow-loss landlock` is given; a thread that cannot be examined, because a limit of processes is reached (RLIMIT_NPROC, pids.max)",
    },
    lost: "the domain of a thread that entered it with CAP_SYS_ADMIN and without no_new_privs, and has dropped the capability",
    shownBy: {},
  },
];
