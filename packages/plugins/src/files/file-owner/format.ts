import { struct } from "@restage/core";
import type { FownEntry, InputOf } from "@restage/images";
import type { Data } from "@restage/linux";

/** The entry of a file that sends no signals. */
export const NO_OWNER: InputOf<FownEntry> = { uid: 0, euid: 0, signum: 0, pid_type: 0, pid: 0 };

/** Who receives the signals of a file: a thread, a process or a process group. */
export type SignalOwner = Pick<FownEntry, "pid_type" | "pid">;

/** Bytes of struct f_owner_ex. */
export const OWNER_SIZE = 8;

/** struct f_owner_ex: type, then id. Source: include/uapi/asm-generic/fcntl.h. */
export function encodeOwner({ pid_type, pid }: SignalOwner): Data {
  return struct([4, pid_type], [4, pid]);
}

export function decodeOwner(owner: DataView): SignalOwner {
  return { pid_type: owner.getInt32(0, true), pid: owner.getInt32(4, true) };
}
