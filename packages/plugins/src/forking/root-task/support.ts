import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "pid namespaces",
    saved: "one for the whole tree; an external one by name, with `--external pid[INODE]:KEY`",
    restored:
      "a new one, or an external one (`--external pid[...]` at the dump; `--inherit-fd` or `--external pid[KEY]:PATH` at the restore)",
    refused: {
      dump: "nested ones; an external one, without the option",
      restore: "nested ones",
    },
    kernel: "CONFIG_PID_NS",
    shownBy: {
      saved: ["fixture namespaces", "fixture userns", "case external-pids"],
      restored: ["fixture namespaces", "fixture userns", "case container", "case external-pids"],
    },
  },
];
