import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "shared mappings of files",
    restored: "writable and read-only, of deleted files too",
    shownBy: { restored: ["fixture memory"] },
  },
  {
    group: "memory",
    what: "shared anonymous memory",
    restored: "content, mapped any number of times in any number of tasks; as memfds, as CRIU does",
    shownBy: { restored: ["fixture memory", "case memfds"] },
  },
  {
    group: "memory",
    what: "shared memory",
    saved: "memfds with seals, shared anonymous memory",
    shownBy: { saved: ["fixture shm", "case memfds"] },
  },
];
