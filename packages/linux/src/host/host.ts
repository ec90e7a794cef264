export type { RawSyscalls as Host } from "./raw-syscalls.ts";
