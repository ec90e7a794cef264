import { Buffer } from "node:buffer";
import type { AddressRange } from "../abi/address-space.ts";
import { ERRNO } from "../abi/errno.ts";
import { O } from "../abi/fcntl.ts";
import { MAP, PAGE_SIZE, PROT } from "../abi/mman.ts";
import { PTRACE } from "../abi/ptrace.ts";
import { MSG } from "../abi/socket.ts";
import { nameOfTask } from "../host/procfs.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { checked, SystemError } from "../host/system-error.ts";
import type { FilePart, PagesFile } from "../seizer.ts";

/** Fits the cache of a processor, so that bytes are still cached when they are written. */
const BUFFER_SIZE = 256 * 1024;
/** struct iovec of each side, in the scratch memory. */
const LOCAL_AT = 0;
const REMOTE_AT = 16;
const PATH_AT = 32;
const FORCED_AT = 4096;
/** struct iovec for each of several ranges, and the most of them in one call. */
const RANGES_AT = 4096;
const MOST_RANGES = 512;

/** A buffer of this process for memory of others. The view covers the mapping, so nothing can be written beyond it. */
interface MappedBuffer {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Memory of other processes, read and written from outside. */
export class TaskMemory {
  readonly #host: RawSyscalls;
  readonly #files = new Map<number, number>();
  readonly #buffers = new Map<string, MappedBuffer>();

  constructor(host: RawSyscalls) {
    this.#host = host;
  }

  read(pid: number, address: number | bigint, length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length);
    const buffer = this.#requireBuffer();
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, BUFFER_SIZE);
      if (!this.#fetch(pid, BigInt(address) + BigInt(done), part, buffer.address)) return undefined;
      bytes.set(buffer.bytes.subarray(0, part), done);
      done += part;
    }
    return bytes;
  }

  /** Reads several ranges. Short ones that follow each other are read by one call. */
  readRanges(pid: number, ranges: readonly AddressRange[]): readonly Uint8Array[] | undefined {
    const contents: Uint8Array[] = [];
    for (let first = 0; first < ranges.length; ) {
      let length = 0;
      let next = first;
      for (; next < ranges.length && next - first < MOST_RANGES; next++) {
        const { start, end } = ranges[next] as AddressRange;
        if (length + end - start > BUFFER_SIZE) break;
        length += end - start;
      }
      const batch = ranges.slice(first, Math.max(next, first + 1));
      const read = this.#readAtOnce(pid, batch, length) ?? this.#readEach(pid, batch);
      if (read === undefined) return undefined;
      contents.push(...read);
      first += batch.length;
    }
    return contents;
  }

  /** Undefined unless one call reads everything into the buffer. */
  #readAtOnce(pid: number, ranges: readonly AddressRange[], length: number): readonly Uint8Array[] | undefined {
    if (ranges.length < 2) return undefined;
    const buffer = this.#requireBuffer();
    const { scratchView: view, scratchAddress: base } = this.#host;
    this.#vectors(buffer.address, 0n, length);
    for (const [index, { start, end }] of ranges.entries()) {
      view.setBigUint64(RANGES_AT + 16 * index, BigInt(start), true);
      view.setBigUint64(RANGES_AT + 16 * index + 8, BigInt(end - start), true);
    }
    const read = this.#host.syscall("process_vm_readv", pid, base + LOCAL_AT, 1, base + RANGES_AT, ranges.length, 0);
    if (read !== length) return undefined;
    let at = 0;
    return ranges.map(({ start, end }) => {
      const bytes = buffer.bytes.slice(at, at + end - start);
      at += end - start;
      return bytes;
    });
  }

  #readEach(pid: number, ranges: readonly AddressRange[]): readonly Uint8Array[] | undefined {
    const contents: Uint8Array[] = [];
    for (const { start, end } of ranges) {
      const bytes = this.read(pid, start, end - start);
      if (bytes === undefined) return undefined;
      contents.push(bytes);
    }
    return contents;
  }

  /** Writes memory that the process itself can write. Throws a SystemError. */
  write(pid: number, address: number, bytes: Uint8Array): void {
    const buffer = this.#requireBuffer();
    const what = () => `write to the memory of ${nameOfTask(pid)}`;
    for (let done = 0; done < bytes.length; ) {
      const part = bytes.subarray(done, done + BUFFER_SIZE);
      buffer.bytes.set(part);
      this.#vectors(buffer.address, BigInt(address + done), part.length);
      const base = this.#host.scratchAddress;
      const written = this.#host.syscall("process_vm_writev", pid, base + LOCAL_AT, 1, base + REMOTE_AT, 1, 0);
      checked(written, "process_vm_writev", what);
      if (written !== part.length) throw new SystemError("process_vm_writev", ERRNO.EFAULT, what());
      done += written;
    }
  }

  /**
   * Writes also to memory that the process cannot write, such as code; private pages are copied for it. Uses one call if the kernel allows it,
   * otherwise one for each word. Throws a SystemError.
   *
   * @param thread is traced by this thread, and stopped.
   * @param bytes a multiple of 8.
   */
  force(thread: number, address: number, bytes: Uint8Array): void {
    const { scratch, scratchView, scratchAddress } = this.#host;
    scratch.set(bytes, FORCED_AT);
    const file = openFile(this.#host, `/proc/${thread}/mem`, PATH_AT, O.RDWR);
    const written = this.#host.syscall("pwrite64", file, scratchAddress + FORCED_AT, bytes.length, address);
    this.#host.syscall("close", file);
    if (written === bytes.length) return;
    for (let at = 0; at < bytes.length; at += 8) {
      const word = scratchView.getBigUint64(FORCED_AT + at, true);
      const result = this.#host.syscall("ptrace", PTRACE.POKEDATA, thread, address + at, word);
      checked(result, "ptrace(PTRACE_POKEDATA)", () => `write to the code of ${nameOfTask(thread)}`);
    }
  }

  copyTo(pid: number, { start, end }: AddressRange, to: PagesFile): void {
    const buffer = this.#requireBuffer();
    for (let at = start; at < end; at += BUFFER_SIZE) {
      const length = Math.min(end - at, BUFFER_SIZE);
      this.#require(pid, at, length, buffer);
      this.#append(to, buffer, 0, length);
    }
  }

  /** Appends only pages that differ from those in another file. Returns their ranges. */
  copyChangedTo(pid: number, { start, end }: AddressRange, earlier: FilePart, to: PagesFile): readonly AddressRange[] {
    const [now, before] = [this.#requireBuffer(), this.#requireBuffer("earlier")];
    const changed: AddressRange[] = [];
    for (let at = start; at < end; at += BUFFER_SIZE) {
      const length = Math.min(end - at, BUFFER_SIZE);
      this.#require(pid, at, length, now);
      const read = this.#host.syscall("pread64", earlier.file, before.address, length, earlier.offset + at - start);
      if (checked(read, "pread64", "read earlier pages") < length)
        throw new SystemError("pread64", ERRNO.EIO, "read earlier pages: their file is too short");
      for (const run of differences(now.bytes, before.bytes, length)) {
        this.#append(to, now, run.start, run.end);
        changed.push({ start: at + run.start, end: at + run.end });
      }
    }
    return changed;
  }

  /** Reads everything at once, because a second call would begin at the same place. */
  peek(socket: number, length: number): Uint8Array {
    const flags = MAP.PRIVATE | MAP.ANONYMOUS;
    const at = this.#host.syscall("mmap", 0, length, PROT.READ | PROT.WRITE, flags, -1, 0);
    checked(at, "mmap", "map a buffer for a queue");
    try {
      const count = this.#host.syscall("recvfrom", socket, at, length, MSG.PEEK | MSG.DONTWAIT, 0, 0);
      if (count !== length) throw new SystemError("recvfrom", count < 0 ? -count : ERRNO.EIO, "read a socket's queue");
      return new Uint8Array(this.#host.view(at, length)).slice();
    } finally {
      this.#host.syscall("munmap", at, length);
    }
  }

  close(): void {
    for (const file of this.#files.values()) this.#host.syscall("close", file);
    this.#files.clear();
    for (const { address } of this.#buffers.values()) this.#host.syscall("munmap", address, BUFFER_SIZE);
    this.#buffers.clear();
  }

  #require(pid: number, at: number, length: number, { address }: MappedBuffer): void {
    if (this.#fetch(pid, BigInt(at), length, address)) return;
    throw new SystemError("pread64", ERRNO.EIO, `read memory of ${nameOfTask(pid)} at 0x${at.toString(16)}`);
  }

  #append({ file, seen }: PagesFile, { address, bytes }: MappedBuffer, start: number, end: number): void {
    seen(bytes.subarray(start, end));
    for (let at = start; at < end; ) {
      const written = this.#host.syscall("write", file, address + at, end - at);
      at += checked(written, "write", "write memory to its image");
    }
  }

  /** Uses process_vm_readv, which is faster, or else /proc/PID/mem, which also reads what the process cannot. */
  #fetch(pid: number, address: bigint, length: number, buffer: number): boolean {
    this.#vectors(buffer, address, length);
    const base = this.#host.scratchAddress;
    const read = this.#host.syscall("process_vm_readv", pid, base + LOCAL_AT, 1, base + REMOTE_AT, 1, 0);
    if (read === length) return true;
    let done = Math.max(0, read);
    while (done < length) {
      const more = this.#host.syscall("pread64", this.#file(pid), buffer + done, length - done, address + BigInt(done));
      if (more <= 0) return false;
      done += more;
    }
    return true;
  }

  #vectors(local: number, remote: bigint, length: number): void {
    const view = this.#host.scratchView;
    view.setBigUint64(LOCAL_AT, BigInt(local), true);
    view.setBigUint64(LOCAL_AT + 8, BigInt(length), true);
    view.setBigUint64(REMOTE_AT, remote, true);
    view.setBigUint64(REMOTE_AT + 8, BigInt(length), true);
  }

  #file(pid: number): number {
    let file = this.#files.get(pid);
    if (file === undefined) {
      file = openFile(this.#host, `/proc/${pid}/mem`, PATH_AT);
      this.#files.set(pid, file);
    }
    return file;
  }

  #requireBuffer(name = "memory"): MappedBuffer {
    const known = this.#buffers.get(name);
    if (known !== undefined) return known;
    const flags = MAP.PRIVATE | MAP.ANONYMOUS;
    const at = this.#host.syscall("mmap", 0, BUFFER_SIZE, PROT.READ | PROT.WRITE, flags, -1, 0);
    const address = checked(at, "mmap", "map a buffer for memory");
    const buffer = { address, bytes: new Uint8Array(this.#host.view(address, BUFFER_SIZE)) };
    this.#buffers.set(name, buffer);
    return buffer;
  }
}

/** Runs of pages that differ, as offsets. Halves what is not equal: long runs of equal pages are compared at once. */
function differences(now: Uint8Array, before: Uint8Array, length: number): readonly AddressRange[] {
  const [left, right] = [now, before].map(({ buffer, byteOffset }) => Buffer.from(buffer, byteOffset, length));
  const runs: AddressRange[] = [];
  const search = (start: number, end: number): void => {
    if (left?.compare(right ?? left, start, end, start, end) === 0) return;
    if (end - start > PAGE_SIZE) {
      const middle = start + PAGE_SIZE * Math.ceil((end - start) / PAGE_SIZE / 2);
      search(start, middle);
      search(middle, end);
      return;
    }
    const last = runs.at(-1);
    if (last?.end === start) runs[runs.length - 1] = { start: last.start, end };
    else runs.push({ start, end });
  };
  search(0, length);
  return runs;
}

const AT_FDCWD = -100;

/** Opens a file of /proc. */
export function openFile(host: RawSyscalls, path: string, at = 0, access: number = O.RDONLY): number {
  host.scratch.set(new TextEncoder().encode(`${path}\0`), at);
  const file = host.syscall("openat", AT_FDCWD, host.scratchAddress + at, access | O.CLOEXEC, 0);
  return checked(file, "openat", `open ${path}`);
}
