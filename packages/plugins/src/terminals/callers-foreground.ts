import { asRestoreError, type Host, output, struct, type Task } from "@restage/core";
import { ERRNO, SIG, SIG_BLOCK, SIGSET_SIZE, signalBit, TTY } from "@restage/linux/abi";
import type { CallersTerminal } from "./callers-terminals.ts";
import type { Terminals } from "./read-terminals.ts";

/**
 * The job of a shell comes to the foreground of the caller's terminal: keys send their signals to the group there, and only who is in it may read.
 * After a failure whoever was there before is there again.
 */
export class Foreground {
  #before: { readonly host: Host; readonly terminal: CallersTerminal; readonly group: number } | undefined;

  /** Looks who is in the foreground; nobody can be put there of a terminal that is not that of this process's session. */
  keep(host: Host, { callers }: Terminals): void {
    for (const terminal of callers.values()) {
      const group = groupOf(host, terminal);
      if (group !== undefined) this.#before = { host, terminal, group };
    }
  }

  /** Puts the group of the root task there, when it is in the caller's session. Source: CRIU criu/tty.c. */
  take(root: Task, { callers }: Terminals): void {
    const terminal = this.#before?.terminal;
    if (terminal === undefined || root.sid === root.pid || !callers.has(terminal.info.id)) return;
    // A group of the caller's has no number in another pid namespace, and is there already.
    if (root.pgid !== 0) root.call.ioctl(terminal.number, TTY.TIOCSPGRP, struct([4, root.pgid]));
  }

  giveBack(): void {
    if (this.#before === undefined) return;
    const { host, terminal, group } = this.#before;
    // This process may be in the background: the kernel would stop it for the attempt.
    const set = new Uint8Array(BigUint64Array.of(signalBit(SIG.TTOU)).buffer);
    host.call.rt_sigprocmask(SIG_BLOCK.BLOCK, set, 0, SIGSET_SIZE);
    host.call.ioctl(terminal.descriptor, TTY.TIOCSPGRP, struct([4, group]));
    host.call.rt_sigprocmask(SIG_BLOCK.UNBLOCK, set, 0, SIGSET_SIZE);
  }
}

/** The group in the foreground of a terminal; undefined where it is not the controlling one of this process. */
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
