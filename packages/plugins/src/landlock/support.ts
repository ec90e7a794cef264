import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "Landlock domains",
    refused: {
      dump: "a thread in a domain, whose rules cannot be read, unless --allow-loss landlock says that it need not be confined again",
    },
    lost: "the domain of a thread that entered it with CAP_SYS_ADMIN and without no_new_privs, and has dropped the capability",
    shownBy: {},
  },
];
