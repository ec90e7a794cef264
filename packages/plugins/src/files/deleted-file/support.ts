import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "deleted files",
    saved: "content up to `--ghost-limit`; with `--link-remap`, a link for a file that has another name",
    restored: "content from the image; files behind such links; the old name, if another file took it meanwhile",
    refused: { dump: "files whose path leads to another file" },
    shownBy: {
      saved: ["fixture files", "case deleted-files", "case link-remaps"],
      restored: ["fixture files", "case deleted-files", "case link-remaps", "case deleted-program"],
    },
  },
];
