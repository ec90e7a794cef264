import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "pid namespaces",
    saved: "one for the whole tree",
    restored: "a new one, or an external one (`--external pid[...]` at the dump, `--inherit-fd` at the restore)",
    refused: {
      dump: "external and nested ones",
      restore: "nested ones",
    },
    kernel: "CONFIG_PID_NS",
    shownBy: {
      saved: ["fixture namespaces", "fixture userns"],
      restored: ["fixture namespaces", "fixture userns", "case container", "case external-pids"],
    },
  },
];
