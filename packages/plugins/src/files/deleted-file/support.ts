import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "deleted files",
    saved: "content, up to `--ghost-limit`; with `--link-remap`, a link to a file that still has another name",
    restored: "the same; under its old name, even if another file has that name now",
    refused: {
      dump: "larger files; files whose path leads to another file; without `--link-remap`, files that still have another name; files of detached mounts (`umount -l`, `open_tree`, `fsmount`)",
    },
    shownBy: {
      saved: ["fixture files", "case deleted-files", "case link-remaps", "case links-between-mounts"],
      restored: [
        "fixture files",
        "case deleted-files",
        "case link-remaps",
        "case links-between-mounts",
        "case deleted-program",
      ],
    },
  },
];
