import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "seccomp",
    saved: "strict mode; filters of each thread, in order, with their flags",
    restored: "the same",
    refused: {
      restore: "a caller without CAP_SYS_ADMIN in the initial user namespace",
    },
    kernel: "CONFIG_SECCOMP_FILTER",
    shownBy: {
      saved: ["fixture seccomp", "case seccomp-kinds"],
      restored: ["fixture seccomp", "case seccomp-kinds"],
    },
  },
];
