import { ERRNO } from "../abi/errno.ts";
import { MAP, PROT } from "../abi/mman.ts";
import { MSG } from "../abi/socket.ts";
import type { Host } from "../host/host.ts";
import { checked, SystemError } from "../host/system-error.ts";
import type { AddressRange } from "../zone/zone.ts";

const BUFFER_SIZE = 4 * 1024 * 1024;
/** struct iovec of each side, in the scratch memory. */
const LOCAL_AT = 0;
const REMOTE_AT = 16;
const PATH_AT = 32;

/** Memory of other processes, read and written from outside. */
export class TaskMemory {
  readonly #host: Host;
  readonly #files = new Map<number, number>();
  #buffer: number | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  read(pid: number, address: number | bigint, length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length);
    const buffer = this.#requireBuffer();
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, BUFFER_SIZE);
      if (!this.#fetch(pid, BigInt(address) + BigInt(done), part, buffer)) return undefined;
      bytes.set(new Uint8Array(this.#host.view(buffer, part)), done);
      done += part;
    }
    return bytes;
  }

  write(pid: number, address: number, bytes: Uint8Array): void {
    const buffer = this.#requireBuffer();
    new Uint8Array(this.#host.view(buffer, bytes.length)).set(bytes);
    this.#vectors(buffer, BigInt(address), bytes.length);
    const base = this.#host.scratchAddress;
    const written = this.#host.syscall("process_vm_writev", pid, base + LOCAL_AT, 1, base + REMOTE_AT, 1, 0);
    checked(written, "process_vm_writev", `write to the memory of task ${pid}`);
  }

  copyTo(pid: number, { start, end }: AddressRange, file: number): void {
    const buffer = this.#requireBuffer();
    for (let at = start; at < end; at += BUFFER_SIZE) {
      const length = Math.min(end - at, BUFFER_SIZE);
      if (!this.#fetch(pid, BigInt(at), length, buffer))
        throw new SystemError("pread64", ERRNO.EIO, `read memory of task ${pid} at 0x${at.toString(16)}`);
      for (let done = 0; done < length; ) {
        const written = this.#host.syscall("write", file, buffer + done, length - done);
        done += checked(written, "write", "write memory to its image");
      }
    }
  }

  /** Everything at once: a second look would begin at the same place. */
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
    if (this.#buffer !== undefined) this.#host.syscall("munmap", this.#buffer, BUFFER_SIZE);
    this.#buffer = undefined;
  }

  /** process_vm_readv is the faster way; /proc/PID/mem reads also what the process may not. */
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

  #requireBuffer(): number {
    if (this.#buffer === undefined) {
      const flags = MAP.PRIVATE | MAP.ANONYMOUS;
      const at = this.#host.syscall("mmap", 0, BUFFER_SIZE, PROT.READ | PROT.WRITE, flags, -1, 0);
      this.#buffer = checked(at, "mmap", "map a buffer for memory");
    }
    return this.#buffer;
  }
}

const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;

/** Opens a file of /proc for reading. */
export function openFile(host: Host, path: string, at = 0): number {
  host.scratch.set(new TextEncoder().encode(`${path}\0`), at);
  const file = host.syscall("openat", AT_FDCWD, host.scratchAddress + at, O_CLOEXEC, 0);
  return checked(file, "openat", `open ${path}`);
}
