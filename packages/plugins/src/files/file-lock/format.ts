import { struct } from "@restage/core";
import type { FileLockEntry } from "@restage/images";
import type { Data } from "@restage/linux";
import { F_LOCK, SEEK } from "@restage/linux/abi";

/** Kinds of locks in filelocks.img. Source: CRIU criu/include/file-lock.h. */
export const LOCK_KIND = { POSIX: 1, FLOCK: 2, OFD: 4, LEASE: 8 } as const;

/** Kinds of locks by their names in /proc/locks. Source: fs/locks.c. */
const KIND_IN_PROC: Readonly<Record<string, number>> = {
  POSIX: LOCK_KIND.POSIX,
  FLOCK: LOCK_KIND.FLOCK,
  OFDLCK: LOCK_KIND.OFD,
  LEASE: LOCK_KIND.LEASE,
};

/** Set in the type of a lease that another process was breaking. Source: CRIU criu/include/file-lock.h. */
const BREAKING = 4;

export type LeaseState = { readonly type: number; readonly isBreaking: boolean };

/** The type of a lease in filelocks.img: that of the lease, or that to which the breaker reduces it. */
export function leaseToImage({ type, isBreaking }: LeaseState): number {
  return isBreaking ? type | BREAKING : type;
}

export function leaseFromImage(type: number): LeaseState {
  return { type: type & ~BREAKING, isBreaking: (type & BREAKING) !== 0 };
}

/** A lock as /proc/locks shows it. */
export interface ProcLock {
  /** Of `LOCK_KIND`; undefined for a kind that images cannot record. */
  readonly kind: number | undefined;
  readonly type: number;
  /** Whether it is a lease that another process is breaking. */
  readonly isBreaking: boolean;
  readonly start: bigint;
  /** 0 for everything up to the end of the file. */
  readonly len: bigint;
}

/** `1: POSIX  ADVISORY  WRITE 22401 08:02:123 0 EOF`. Source: proc_locks(5). */
const LINE = /^\d+: (\w+)\s+(\w+)\s+(\w+)\s+-?\d+\s+\S+ (\d+) (\w+)/;

export function parseProcLock(line: string): ProcLock {
  const [, kind = "", state = "", mode = "", first = "0", last = "EOF"] = LINE.exec(line) ?? [];
  const start = BigInt(first);
  return {
    kind: KIND_IN_PROC[kind],
    type: mode === "WRITE" ? F_LOCK.WRLCK : F_LOCK.RDLCK,
    isBreaking: state === "BREAKING",
    start,
    len: last === "EOF" ? 0n : BigInt(last) - start + 1n,
  };
}

/** struct flock of x86-64: type and whence have 16 bits each. The pid is 0, as open file description locks require. */
export function encodeLock({ type, start, len }: Pick<FileLockEntry, "type" | "start" | "len">): Data {
  return struct([4, type | (SEEK.SET << 16)], [4, 0], [8, start], [8, len], [4, 0], [4, 0]);
}
