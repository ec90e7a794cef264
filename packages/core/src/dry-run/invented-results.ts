import type { SyscallStep, Tracee } from "@restage/linux";
import { BPF, CLONE, CLONE_ARGS, F, IOVEC_SIZE } from "@restage/linux/abi";
import { DESCRIPTOR_CALLS } from "../program/calls.ts";
import { InventedMessages } from "./invented-messages.ts";
import { InventedProcess } from "./invented-process.ts";
import { dataAt, dataOf, fill, numberOf, readField, worthOf } from "./operands.ts";

/** The first pid for forks that ask for none. */
const FIRST_INVENTED_PID = 3_000_000;
/** The first address for mappings that ask for none. */
const FIRST_INVENTED_ADDRESS = 0x7f00_0000_0000;

/** A thread that a recorded clone3 made. */
export interface InventedBirth {
  readonly tid: number;
  readonly process: InventedProcess;
  /** Whether it is traced from the start. */
  readonly traced: boolean;
}

/** Invents results of calls: those that the kernel would most likely return. */
export class Inventor {
  #nextPid = FIRST_INVENTED_PID;
  #nextAddress = FIRST_INVENTED_ADDRESS;
  #nextTimer = 0;
  readonly messages = new InventedMessages();

  /**
   * Returns the result of a call, fills in its outputs and changes the process.
   *
   * @param born is told of what clone3 made.
   */
  resultOf(step: SyscallStep, caller: Tracee, process: InventedProcess, born: (birth: InventedBirth) => void): number {
    const invented = this.#invent(step, caller, process, born);
    return step.expected === undefined ? invented : Number(step.expected);
  }

  #invent(step: SyscallStep, caller: Tracee, process: InventedProcess, born: (birth: InventedBirth) => void): number {
    const { name, args } = step;
    const { descriptors } = process;
    const number = (index: number) => numberOf(step, index);
    if (DESCRIPTOR_CALLS.has(name)) {
      return step.expected === undefined ? descriptors.open() : descriptors.place(Number(step.expected));
    }
    switch (name) {
      case "clone3":
        return this.#clone(step, process, born);
      case "dup3":
      case "dup2":
        return descriptors.place(number(1));
      case "fcntl":
        return number(1) === F.DUPFD || number(1) === F.DUPFD_CLOEXEC ? descriptors.open(number(2)) : 0;
      case "bpf":
        return number(0) === BPF.MAP_CREATE || number(0) === BPF.MAP_GET_FD_BY_ID ? descriptors.open() : 0;
      case "signalfd4":
        return number(0) === -1 ? descriptors.open() : number(0);
      case "pipe2":
      case "socketpair":
        fill(dataOf(args[name === "pipe2" ? 0 : 3]), descriptors.open(), descriptors.open());
        return 0;
      case "bind":
        this.messages.bind(step, process);
        return 0;
      case "sendmsg":
        return this.messages.send(step);
      case "recvmsg":
        return this.messages.receive(step, process);
      case "close":
        descriptors.close(number(0));
        return 0;
      case "close_range":
        descriptors.close(number(0), number(1));
        return 0;
      case "unshare":
        if ((worthOf(args[0]) & BigInt(CLONE.FILES)) !== 0n) process.descriptors = descriptors.copy();
        return 0;
      case "timer_create":
        fill(dataOf(args[2]), this.#nextTimer++);
        return 0;
      case "getpid":
        return caller.tgid;
      case "gettid":
      case "set_tid_address":
        return caller.tid;
      case "setsid":
        return caller.tgid;
      case "wait4":
        return Math.max(number(0), 0);
      case "lseek":
        return number(1);
      case "umask":
        return 0o22;
      case "read":
      case "write":
      case "pread64":
      case "pwrite64":
      case "sendto":
      case "recvfrom":
      case "getrandom":
        return number(name === "getrandom" ? 1 : 2);
      case "preadv":
      case "pwritev":
      case "readv":
      case "writev":
        return ioLength(step);
      case "mmap":
        return number(0) === 0 ? this.#address(number(1)) : number(0);
      case "mremap":
        return number(4) === 0 ? number(0) : number(4);
      case "brk":
        return number(0);
      default:
        return 0;
    }
  }

  /** The pids in set_tid begin with the innermost namespace. With a new pid namespace, the caller sees the second one. */
  #clone(step: SyscallStep, process: InventedProcess, born: (birth: InventedBirth) => void): number {
    const args = dataOf(step.args[0]);
    const flags = args === undefined ? 0n : readField(args, CLONE_ARGS.flags, 8);
    const has = (flag: number) => (flags & BigInt(flag)) !== 0n;
    const setTid = args === undefined ? undefined : dataAt(args, CLONE_ARGS.set_tid);
    const count = args === undefined ? 0 : Number(readField(args, CLONE_ARGS.set_tid_size, 8));
    const index = has(CLONE.NEWPID) ? 1 : 0;
    const asked = setTid !== undefined && index < count ? Number(readField(setTid, 4 * index, 4)) : 0;
    const tid = asked === 0 ? this.#nextPid++ : asked;
    const same = has(CLONE.THREAD);
    const child = same
      ? process
      : new InventedProcess(has(CLONE.FILES) ? process.descriptors : process.descriptors.copy());
    born({ tid, process: child, traced: has(CLONE.PTRACE) });
    return tid;
  }

  #address(length: number): number {
    const at = this.#nextAddress;
    this.#nextAddress += Math.ceil(length / 4096) * 4096;
    return at;
  }
}

/** The total length of a vectored read or write. */
function ioLength(step: SyscallStep): number {
  const ranges = dataOf(step.args[1]);
  if (ranges === undefined) return 0;
  let length = 0n;
  for (let at = 0; at < ranges.bytes.length; at += IOVEC_SIZE) length += readField(ranges, at + 8, 8);
  return Number(length);
}
