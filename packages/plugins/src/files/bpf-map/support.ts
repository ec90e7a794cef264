import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "BPF maps",
    restored: "hashes and arrays: content, name, flags, frozen state; read-only descriptors, several of one map",
    refused: { restore: "other types, which CRIU 4.2 does not save" },
    kernel: "CONFIG_BPF_SYSCALL",
    shownBy: { restored: ["case bpf-maps"] },
  },
];
