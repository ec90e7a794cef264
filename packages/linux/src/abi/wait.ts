/** Options of wait4(2) and waitid(2). Source: include/uapi/linux/wait.h. */
export const W = {
  NOHANG: 1,
  UNTRACED: 2,
  EXITED: 4,
  CONTINUED: 8,
  NOWAIT: 0x01000000,
  NOTHREAD: 0x20000000,
  ALL: 0x40000000,
  CLONE: 0x80000000,
} as const;

/** `idtype` of waitid(2). */
export const P = { ALL: 0, PID: 1, PGID: 2, PIDFD: 3 } as const;

/** A wait status taken apart, as wait(2) describes it. */
export type WaitStatus =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: number; readonly core: boolean }
  | { readonly kind: "stopped"; readonly signal: number; readonly event: number };

/** Takes a raw wait status apart. */
export function waitStatus(status: number): WaitStatus {
  if ((status & 0x7f) === 0) return { kind: "exited", code: (status >> 8) & 0xff };
  if ((status & 0xff) === 0x7f) return { kind: "stopped", signal: (status >> 8) & 0xff, event: status >> 16 };
  return { kind: "killed", signal: status & 0x7f, core: (status & 0x80) !== 0 };
}
