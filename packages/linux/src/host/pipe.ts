import { O } from "../abi/fcntl.ts";
import type { RawSyscalls } from "./raw-syscalls.ts";
import { checked } from "./system-error.ts";

/** Opens a pipe, both ends with close-on-exec. */
export function openPipe(raw: RawSyscalls): { readonly read: number; readonly write: number } {
  checked(raw.syscall("pipe2", raw.scratchAddress, O.CLOEXEC), "pipe2", "open a pipe");
  return { read: raw.scratchView.getUint32(0, true), write: raw.scratchView.getUint32(4, true) };
}
