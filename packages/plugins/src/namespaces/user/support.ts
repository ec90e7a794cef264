import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "user namespace",
    restored: "uid and gid maps of any number of ranges",
    refused: { restore: "a part of the tree in another one, which CRIU 4.2 does not dump" },
    kernel: "CONFIG_USER_NS",
    shownBy: { restored: ["case container", "fixture userns"] },
  },
  {
    group: "namespaces",
    what: "user namespaces",
    saved: "id maps",
    shownBy: { saved: ["fixture userns"] },
  },
];
