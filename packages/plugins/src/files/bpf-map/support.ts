import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "BPF maps",
    saved: "hashes and arrays: content, name, flags, frozen state; several descriptors of one map, read-only ones too",
    restored: "the same",
    refused: {
      dump: "other types of maps",
      restore: "other types of maps",
    },
    kernel: "CONFIG_BPF_SYSCALL",
    shownBy: {
      saved: ["case bpf-maps"],
      restored: ["case bpf-maps"],
    },
  },
];
