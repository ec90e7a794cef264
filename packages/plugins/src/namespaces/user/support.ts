import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "user namespaces",
    saved: "uid and gid maps",
    restored: "the same, with any number of ranges",
    refused: {
      dump: "tasks in several user namespaces; a user namespace without id maps",
      restore: "tasks in several user namespaces",
    },
    kernel: "CONFIG_USER_NS",
    shownBy: {
      saved: ["fixture userns", "case container", "case user-container", "case user-volumes"],
      restored: ["fixture userns", "case container", "case user-container", "case user-volumes"],
    },
  },
];
