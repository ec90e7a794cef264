import { RLIM_INFINITY, RLIMIT } from "../abi/resource.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { addressOf, syscallStep } from "../program/steps.ts";
import type { UndoLog } from "../undo/undo-log.ts";

/** struct rlimit64: soft and hard limit. */
const SIZE = 16;
const OLD_AT = 0;
const NEW_AT = SIZE;

/** Limits of address space (RLIMIT_AS) of seized processes, which can be too low for the memory that they map for this process. */
export class AddressSpaceLimits {
  readonly #host: RawSyscalls;
  readonly #undo: UndoLog;

  constructor(host: RawSyscalls, undo: UndoLog) {
    this.#host = host;
    this.#undo = undo;
  }

  /**
   * Raises the limit of a process. Returns what puts it back, which also happens when this process dies; undefined if there is no limit, or if it cannot be
   * raised.
   */
  raise(pid: number): (() => void) | undefined {
    const old = this.#read(pid);
    if (old === undefined) return undefined;
    const [soft = 0n, hard = 0n] = new BigUint64Array(old.buffer);
    const forget = this.#undo.push([syscallStep("prlimit64", pid, RLIMIT.AS, addressOf(old), 0)]);
    // Above the hard limit requires CAP_SYS_RESOURCE.
    const isRaised =
      this.#set(pid, limit(RLIM_INFINITY, RLIM_INFINITY)) || (hard > soft && this.#set(pid, limit(hard, hard)));
    if (isRaised)
      return () => {
        this.#set(pid, old);
        forget();
      };
    forget();
    return undefined;
  }

  /** The reason why a process can map nothing, for an error. */
  whyFull(pid: number): string {
    return this.#read(pid) === undefined
      ? ""
      : ", which has a limit of address space (RLIMIT_AS): raise its hard limit with prlimit(1), or give this process CAP_SYS_RESOURCE";
  }

  /** Undefined if there is no limit. */
  #read(pid: number): Uint8Array<ArrayBuffer> | undefined {
    const { scratch, scratchAddress } = this.#host;
    const result = this.#host.syscall("prlimit64", pid, RLIMIT.AS, 0, scratchAddress + OLD_AT);
    const old = scratch.slice(OLD_AT, OLD_AT + SIZE);
    const [soft] = new BigUint64Array(old.buffer);
    return result < 0 || soft === RLIM_INFINITY ? undefined : old;
  }

  #set(pid: number, value: Uint8Array): boolean {
    const { scratch, scratchAddress } = this.#host;
    scratch.set(value, NEW_AT);
    return this.#host.syscall("prlimit64", pid, RLIMIT.AS, scratchAddress + NEW_AT, 0) >= 0;
  }
}

function limit(soft: bigint, hard: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(soft, hard).buffer);
}
