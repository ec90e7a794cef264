import { type Host, RestoreError } from "@restage/core";
import { ERRNO, errnoText, PAGE_SIZE, UFFD_MSG, UFFDIO } from "@restage/linux/abi";
import { decodeMemoryEvents, type MemoryEvent } from "./memory-events.ts";

/** How a request ended: `changed` if the process is changing its memory, and events must be read first. */
export type Filled = "filled" | "changed" | "ended";

/** The number of events that are read at once. */
const EVENTS = 64;
/** struct uffdio_copy: dst, src, len, mode, copy. */
const COPY_SIZE = 40;
const COPIED_AT = 32;

/** The memory of a process, through its userfaultfd. */
export class WatchedMemory {
  readonly #host: Host;
  readonly descriptor: number;
  readonly #events = {
    kind: "data",
    bytes: new Uint8Array(EVENTS * UFFD_MSG.length),
    fields: [],
    output: true,
  } as const;
  readonly #copy = { kind: "data", bytes: new Uint8Array(COPY_SIZE), fields: [], output: true } as const;
  readonly #view = new DataView(this.#copy.bytes.buffer);

  constructor(host: Host, descriptor: number) {
    this.#host = host;
    this.descriptor = descriptor;
  }

  /** The events since the last call. */
  readEvents(): readonly MemoryEvent[] {
    const count = this.#host.attempt("read", this.descriptor, this.#events, this.#events.bytes.length);
    return count <= 0 ? [] : decodeMemoryEvents(this.#events.bytes.subarray(0, count));
  }

  /**
   * Copies pages from this process, as many as it can. Pages that are there already stay as they are.
   *
   * @param from the address in this process.
   * @returns the number of bytes that need no copying any more, and why it stopped.
   */
  fill(to: number, from: number, length: number): { readonly done: number; readonly how: Filled } {
    let done = 0;
    let most = length;
    while (done < length) {
      const part = Math.min(most, length - done);
      const result = this.#copyIn(to + done, from + done, part);
      done += Math.max(0, Number(this.#view.getBigInt64(COPIED_AT, true)));
      if (result >= 0) {
        most = 2 * part;
        continue;
      }
      switch (-result) {
        case ERRNO.EAGAIN:
          // Or it was only interrupted, after a part.
          return { done, how: "changed" };
        case ERRNO.EEXIST:
          this.#wake(to + done);
          done += PAGE_SIZE;
          break;
        case ERRNO.ENOENT:
          // The kernel fills only one mapping at once, and the process may have split it.
          if (part === PAGE_SIZE) done += PAGE_SIZE;
          else most = Math.ceil(part / PAGE_SIZE / 2) * PAGE_SIZE;
          break;
        case ERRNO.ESRCH:
        case ERRNO.ENOSPC:
          return { done, how: "ended" };
        default:
          throw failed("copy pages to a task", "UFFDIO_COPY", -result);
      }
    }
    return { done, how: "filled" };
  }

  /** Fills one page with zeros. */
  fillZeros(address: number): Filled {
    const result = this.#request(UFFDIO.ZEROPAGE, address, PAGE_SIZE);
    if (result >= 0) return "filled";
    switch (-result) {
      case ERRNO.EAGAIN:
        return "changed";
      case ERRNO.EEXIST:
      case ERRNO.ENOENT:
        this.#wake(address);
        return "filled";
      case ERRNO.ESRCH:
      case ERRNO.ENOSPC:
        return "ended";
      default:
        throw failed("fill a page of a task", "UFFDIO_ZEROPAGE", -result);
    }
  }

  /** The kernel fills these pages by itself from now on. */
  unwatch(start: number, end: number): void {
    this.#request(UFFDIO.UNREGISTER, start, end - start);
  }

  /** A thread that touches these pages gets SIGBUS, from Linux 6.6 on. */
  poison(start: number, end: number): void {
    this.#request(UFFDIO.POISON, start, end - start);
  }

  /** The kernel fills all pages by itself from now on. */
  close(): void {
    this.#host.attempt("close", this.descriptor);
  }

  #copyIn(to: number, from: number, length: number): number {
    const view = this.#view;
    view.setBigUint64(0, BigInt(to), true);
    view.setBigUint64(8, BigInt(from), true);
    view.setBigUint64(16, BigInt(length), true);
    view.setBigUint64(24, 0n, true);
    view.setBigInt64(COPIED_AT, 0n, true);
    return this.#host.attempt("ioctl", this.descriptor, UFFDIO.COPY, this.#copy);
  }

  #wake(address: number): void {
    this.#request(UFFDIO.WAKE, address, PAGE_SIZE);
  }

  /** All these requests begin with struct uffdio_range. */
  #request(request: number, start: number, length: number): number {
    const bytes = new Uint8Array(COPY_SIZE);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(start), true);
    view.setBigUint64(8, BigInt(length), true);
    return this.#host.attempt("ioctl", this.descriptor, request, { kind: "data", bytes, fields: [], output: false });
  }
}

function failed(what: string, request: string, errno: number): RestoreError {
  return new RestoreError("ERR_SYSCALL", `Cannot ${what}: ${errnoText(errno)}`, {
    syscall: { name: "ioctl", printed: `ioctl(${request})`, errno },
  });
}
