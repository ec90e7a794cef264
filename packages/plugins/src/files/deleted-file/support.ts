import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "deleted files that are open",
    restored: "content from the image, links made for them (link remaps), names taken again",
    shownBy: { restored: ["fixture files", "case deleted-files", "case link-remaps", "case deleted-program"] },
  },
  {
    group: "files",
    what: "deleted files",
    saved:
      "content up to `--ghost-limit`; links for those with other names with `--link-remap`; /proc of dead processes",
    refused: { dump: "files that are open by a name that leads elsewhere" },
    shownBy: { saved: ["fixture files", "case deleted-files", "case link-remaps", "case dead-processes"] },
  },
];
