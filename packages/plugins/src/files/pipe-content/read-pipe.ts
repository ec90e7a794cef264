import { type DumpContext, type Host, type OpenFile, RestoreError } from "@restage/core";
import { AT_FDCWD, ERRNO, F, O, SPLICE_F } from "@restage/linux/abi";
import { room } from "../../room.ts";
import type { PipeContent } from "./format.ts";

/** Bytes that one call reads from the copy. */
const PIECE = 64 * 1024;

/**
 * The content of a pipe or fifo, which stays in it: tee(2) copies it into a pipe of this process.
 *
 * @param ends the open files of the pipe; at least one.
 */
export function readPipe({ host }: DumpContext, ends: readonly OpenFile[]): PipeContent {
  const readable = ends.find(({ flags, descriptor }) => descriptor !== undefined && (flags & O.ACCMODE) !== O.WRONLY);
  const [end] = ends as readonly [OpenFile, ...OpenFile[]];
  // The tree may have no end for reading. This process then opens one.
  const opened = readable?.descriptor ?? openToRead(host, end.proc);
  if (opened === undefined) {
    return { bytes: new Uint8Array(), capacity: host.call.fcntl(end.descriptor ?? -1, F.GETPIPE_SZ).result };
  }
  const copy = room(8);
  host.attempt("pipe2", copy.data, O.CLOEXEC | O.NONBLOCK);
  const read = copy.view.getInt32(0, true);
  const write = copy.view.getInt32(4, true);
  try {
    const capacity = host.call.fcntl(opened, F.GETPIPE_SZ).result;
    // The capacity counts pages, and each may hold few bytes: the copy needs as many.
    host.attempt("fcntl", write, F.SETPIPE_SZ, capacity);
    const copied = host.attempt("tee", opened, write, capacity, SPLICE_F.NONBLOCK);
    const bytes = new Uint8Array(Math.max(0, copied));
    const packets: number[] = [];
    for (let done = 0; done < bytes.length; ) {
      const piece = room(Math.min(PIECE, bytes.length - done)).data;
      const count = host.call.read(read, piece, piece.bytes.length).result;
      bytes.set(piece.bytes.subarray(0, count), done);
      done += count;
      // In packet mode, a read ends with a packet.
      packets.push(count);
    }
    const hasPackets = ends.some(({ flags }) => (flags & O.DIRECT) !== 0);
    return { bytes, capacity, ...(hasPackets ? { packets } : {}) };
  } finally {
    for (const file of [read, write]) host.call.close(file);
    if (readable === undefined) host.call.close(opened);
  }
}

/** Undefined without the right to open a pipe of another user. Its content is then left to the reader that it has. */
function openToRead(host: Host, proc: string): number | undefined {
  try {
    return host.call.openat(AT_FDCWD, proc, O.RDONLY | O.NONBLOCK | O.CLOEXEC).result;
  } catch (error) {
    if (error instanceof RestoreError && error.syscall?.errno === ERRNO.EACCES) return undefined;
    throw error;
  }
}
