import { F, FD_CLOEXEC } from "../abi/fcntl.ts";
import { FUTEX } from "../abi/futex.ts";
import { MAP, PROT } from "../abi/mman.ts";
import type { SyscallName } from "../abi/syscall.ts";
import { SYSCALL_NUMBERS } from "../abi/syscalls-x86-64.ts";
import type { ForeignFunctions, NativeFunction } from "../ffi/foreign-functions.ts";
import { writeField } from "../program/encode-x86-64.ts";
import type { Data, Operand, SyscallStep, Word } from "../program/program.ts";
import { TRAMPOLINE, trampolineCode } from "./trampoline-x86-64.ts";

const CODE_SIZE = 4096;
const SCRATCH_SIZE = 256 * 1024;

/**
 * System calls of this process: raw, synchronous, and from the thread that runs JavaScript, because ptrace belongs to a thread.
 */
export class RawSyscalls {
  readonly #ffi: ForeignFunctions;
  readonly #raw: NativeFunction;
  readonly #spawn: NativeFunction;
  readonly #cpuid: NativeFunction;
  readonly #scratchAddress: number;
  readonly #scratch: Uint8Array;
  readonly #view: DataView;

  constructor(ffi: ForeignFunctions) {
    this.#ffi = ffi;
    const page = ffi.allocate(
      CODE_SIZE + SCRATCH_SIZE,
      PROT.READ | PROT.WRITE | PROT.EXEC,
      MAP.PRIVATE | MAP.ANONYMOUS,
    );
    if (page === -1) {
      throw new Error(
        "Cannot map memory for machine code: a security policy of this host forbids writable and executable memory",
      );
    }
    new Uint8Array(ffi.view(page, CODE_SIZE)).set(trampolineCode());
    this.#raw = ffi.callable(page + TRAMPOLINE.rawSyscall);
    this.#spawn = ffi.callable(page + TRAMPOLINE.spawn);
    this.#cpuid = ffi.callable(page + TRAMPOLINE.cpuid);
    this.#scratchAddress = page + CODE_SIZE;
    this.#scratch = new Uint8Array(ffi.view(this.#scratchAddress, SCRATCH_SIZE));
    this.#view = new DataView(this.#scratch.buffer, this.#scratch.byteOffset);
  }

  /** Memory for arguments of system calls. The next call overwrites it. */
  get scratch(): Uint8Array {
    return this.#scratch;
  }
  get scratchView(): DataView {
    return this.#view;
  }
  get scratchAddress(): number {
    return this.#scratchAddress;
  }

  /** Makes a system call. Returns its result, or -errno. */
  syscall(
    name: SyscallName,
    a0: Word = 0,
    a1: Word = 0,
    a2: Word = 0,
    a3: Word = 0,
    a4: Word = 0,
    a5: Word = 0,
  ): number {
    return this.#raw(SYSCALL_NUMBERS[name], a0, a1, a2, a3, a4, a5);
  }

  /** The memory of this process at an address. */
  view(address: number, length: number): ArrayBuffer {
    return this.#ffi.view(address, length);
  }

  /** Calls clone3 with the arguments at `cloneArgs`, then execve in the child. Returns the pid, or -errno. See the trampoline. */
  spawn(cloneArgs: number, size: number, path: number, argv: number, envp: number): number {
    return this.#spawn(cloneArgs, size, path, argv, envp, 0, 0);
  }

  /** CPUID of this processor: eax, ebx, ecx, edx. */
  cpuid(leaf: number, subleaf: number): readonly [number, number, number, number] {
    this.#cpuid(leaf, subleaf, this.#scratchAddress, 0, 0, 0, 0);
    const word = (n: number) => this.#view.getUint32(4 * n, true);
    return [word(0), word(1), word(2), word(3)];
  }

  /** Runs one step of a program in this process. Sets its result and returns it. */
  run(step: SyscallStep): number {
    let used = 0;
    const outputs: [Data, number][] = [];
    const place = (data: Data): number => {
      const at = used;
      used += (data.bytes.length + 7) & ~7;
      if (used > SCRATCH_SIZE) throw new RangeError(`Cannot pass ${data.bytes.length} bytes to ${step.name}()`);
      this.#scratch.set(data.bytes, at);
      for (const field of data.fields) writeField(this.#scratch, at + field.offset, field.size, resolve(field.value));
      if (data.output) outputs.push([data, at]);
      return this.#scratchAddress + at;
    };
    const resolve = (value: Operand): Word => {
      if (typeof value !== "object") return value;
      if (value.kind === "address") return place(value.data) + value.offset;
      if (value.kind === "result") return value.step.result ?? 0;
      const view = new DataView(value.data.bytes.buffer, value.data.bytes.byteOffset);
      return value.size === 4 ? view.getUint32(value.offset, true) : view.getBigUint64(value.offset, true);
    };
    const [a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0] = step.args.map(resolve);
    step.result = this.syscall(step.name, a0, a1, a2, a3, a4, a5);
    for (const [data, at] of outputs) data.bytes.set(this.#scratch.subarray(at, at + data.bytes.length));
    return step.result;
  }

  /** Sets whether a descriptor is closed in programs that this process starts. */
  setCloexec(descriptor: number, yes: boolean): void {
    this.syscall("fcntl", descriptor, F.SETFD, yes ? FD_CLOEXEC : 0);
  }

  /** Sleeps, blocking this thread. */
  sleep(microseconds: number): void {
    this.syscall("nanosleep", this.#timespec(microseconds), 0);
  }

  /** Sleeps like `sleep`, or until a task wakes the futex at an address, whose value is 0. Returns whether it was woken. */
  sleepOn(futex: number, microseconds: number): boolean {
    return this.syscall("futex", futex, FUTEX.WAIT, 0, this.#timespec(microseconds)) === 0;
  }

  #timespec(microseconds: number): number {
    const at = SCRATCH_SIZE - 16;
    this.#view.setUint32(at, 0, true);
    this.#view.setUint32(at + 4, 0, true);
    this.#view.setUint32(at + 8, microseconds * 1000, true);
    this.#view.setUint32(at + 12, 0, true);
    return this.#scratchAddress + at;
  }
}
