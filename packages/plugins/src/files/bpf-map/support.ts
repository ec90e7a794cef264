import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "BPF maps",
    restored:
      "hashes and arrays: content, name, flags, frozen state; several descriptors of one map, read-only ones too",
    refused: {
      dump: "all of them, for now",
      restore: "other types of maps",
    },
    kernel: "CONFIG_BPF_SYSCALL",
    shownBy: {
      restored: ["case bpf-maps"],
    },
  },
];
