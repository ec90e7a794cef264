import { asRestoreError, type Host, output, struct, type Task } from "@restage/core";
import { ERRNO, SIG, SIG_BLOCK, SIGSET_SIZE, signalBit, TTY } from "@restage/linux/abi";
import type { CallersTerminal } from "./callers-terminals.ts";
import type { Terminals } from "./read-terminals.ts";

/**
 * Moves a shell job to the foreground of the caller's terminal: only the foreground process group gets the terminal's signals and can read from it.
 * After a failure, the former foreground group is restored.
 */
export class Foreground {
  #before: { readonly host: Host; readonly terminal: CallersTerminal; readonly group: number } | undefined;

  /** Remembers the foreground process group. Only the controlling terminal of this process has one that can be changed. */
  keep(host: Host, { callers }: Terminals): void {
    for (const terminal of callers.values()) {
      const group = groupOf(host, terminal);
      if (group !== undefined) this.#before = { host, terminal, group };
    }
  }

  /** Moves the group of the root task to the foreground, if it is in the caller's session. Source: CRIU criu/tty.c. */
  take(root: Task, { callers }: Terminals): void {
    const terminal = this.#before?.terminal;
    if (terminal === undefined || root.sid === root.pid || !callers.has(terminal.info.id)) return;
    // Group 0 is the caller's group, seen from another pid namespace: it is in the foreground already.
    if (root.pgid !== 0) root.call.ioctl(terminal.number, TTY.TIOCSPGRP, struct([4, root.pgid]));
  }

  giveBack(): void {
    if (this.#before === undefined) return;
    const { host, terminal, group } = this.#before;
    // If this process is in the background, the kernel would stop it for this call.
    const set = new Uint8Array(BigUint64Array.of(signalBit(SIG.TTOU)).buffer);
    host.call.rt_sigprocmask(SIG_BLOCK.BLOCK, set, 0, SIGSET_SIZE);
    host.call.ioctl(terminal.descriptor, TTY.TIOCSPGRP, struct([4, group]));
    host.call.rt_sigprocmask(SIG_BLOCK.UNBLOCK, set, 0, SIGSET_SIZE);
  }
}

/** The foreground process group of a terminal; undefined if it is not the controlling terminal of this process. */
function groupOf(host: Host, { descriptor }: CallersTerminal): number | undefined {
  const group = output(4);
  try {
    host.call.ioctl(descriptor, TTY.TIOCGPGRP, group);
  } catch (error) {
    if (asRestoreError(error, {}).syscall?.errno === ERRNO.ENOTTY) return undefined;
    throw error;
  }
  return new DataView(group.bytes.buffer, group.bytes.byteOffset).getInt32(0, true);
}
