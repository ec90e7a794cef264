import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "seccomp",
    saved: "strict mode and filters, of each thread",
    restored: "filters of each thread, stacked, with their flags; strict mode",
    refused: { restore: "a coordinator without CAP_SYS_ADMIN in the first user namespace" },
    kernel: "CONFIG_SECCOMP_FILTER",
    shownBy: { saved: ["fixture seccomp", "case seccomp-kinds"], restored: ["fixture seccomp", "case seccomp-kinds"] },
  },
];
