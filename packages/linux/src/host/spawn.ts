import { ERRNO } from "../abi/errno.ts";
import { MFD } from "../abi/mman.ts";
import { CLONE, CLONE_ARGS } from "../abi/sched.ts";
import { ALL_SIGNALS, SIG, SIG_BLOCK, SIGSET_SIZE } from "../abi/signal.ts";
import { W } from "../abi/wait.ts";
import type { RawSyscalls } from "./raw-syscalls.ts";
import { checked, SystemError } from "./system-error.ts";

/** How a program is started. */
export interface SpawnOptions {
  /** True for a child of this process's parent. */
  readonly sibling: boolean;
  /** The pid; undefined for any. */
  readonly pid: number | undefined;
  /** True for the first process of a new pid namespace. */
  readonly newPidNamespace: boolean;
}

const CHILD: SpawnOptions = { sibling: false, pid: undefined, newPidNamespace: false };

/**
 * Starts a program without arguments and environment, with all signals blocked. The runtime's child process module cannot do this: its watchers
 * mistake ptrace stops for an exit, and it takes five times as long.
 *
 * @returns its pid.
 */
export function spawn(raw: RawSyscalls, path: string, { sibling, pid: wanted, newPidNamespace } = CHILD): number {
  const { scratchView: view, scratchAddress: base, scratch } = raw;
  const at = { args: 0, execError: 88, mask: 96, oldMask: 104, argv: 112, envp: 128, setTid: 136, path: 144 };
  scratch.fill(0, 0, 4096);
  const flags = CLONE.VM | CLONE.VFORK | (sibling ? CLONE.PARENT : 0) | (newPidNamespace ? CLONE.NEWPID : 0);
  view.setBigUint64(at.args + CLONE_ARGS.flags, BigInt(flags), true);
  if (!sibling) view.setBigUint64(at.args + CLONE_ARGS.exit_signal, BigInt(SIG.CHLD), true);
  if (wanted !== undefined) {
    view.setUint32(at.setTid, wanted, true);
    view.setBigUint64(at.args + CLONE_ARGS.set_tid, BigInt(base + at.setTid), true);
    view.setBigUint64(at.args + CLONE_ARGS.set_tid_size, 1n, true);
  }
  view.setBigUint64(at.mask, ALL_SIGNALS, true);
  const encoded = new TextEncoder().encode(path);
  scratch.set(encoded, at.path);
  view.setBigUint64(at.argv, BigInt(base + at.path), true);
  // The child shares this process's memory until its execve(2): no handler of this process must run in it.
  raw.syscall("rt_sigprocmask", SIG_BLOCK.SETMASK, base + at.mask, base + at.oldMask, SIGSET_SIZE);
  const pid = raw.spawn(base + at.args, CLONE_ARGS.size, base + at.path, base + at.argv, base + at.envp);
  raw.syscall("rt_sigprocmask", SIG_BLOCK.SETMASK, base + at.oldMask, 0, SIGSET_SIZE);
  checked(pid, "clone3", "start the stub");
  const execError = Number(view.getBigInt64(at.execError, true));
  if (execError !== 0) {
    raw.syscall("wait4", pid, 0, W.ALL, 0);
    throw new SystemError("execve", -execError, `start the stub from ${path}`);
  }
  return pid;
}

/**
 * Starts a program that this process made. Its file is a memfd that is closed at once.
 *
 * @param inherited descriptors that it gets, in addition to those without close-on-exec.
 * @returns its pid.
 */
export function spawnElf(
  raw: RawSyscalls,
  elf: Uint8Array,
  inherited: readonly number[],
  options?: SpawnOptions,
): number {
  raw.scratch.set(new TextEncoder().encode("restage-stub\0"));
  let file = raw.syscall("memfd_create", raw.scratchAddress, MFD.CLOEXEC | MFD.EXEC);
  // Kernels before 6.3 do not know MFD_EXEC, and do not need it.
  if (file === -ERRNO.EINVAL) file = raw.syscall("memfd_create", raw.scratchAddress, MFD.CLOEXEC);
  checked(file, "memfd_create", "make the stub");
  try {
    raw.scratch.set(elf);
    // Not by the runtime's file functions: Deno's only accept descriptors that it opened itself.
    checked(raw.syscall("write", file, raw.scratchAddress, elf.length), "write", "make the stub");
    for (const descriptor of inherited) raw.setCloexec(descriptor, false);
    return spawn(raw, `/proc/self/fd/${file}`, options);
  } finally {
    for (const descriptor of inherited) raw.setCloexec(descriptor, true);
    raw.syscall("close", file);
  }
}
