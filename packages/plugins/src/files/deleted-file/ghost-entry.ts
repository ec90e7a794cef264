import { type DumpContext, type OpenFile, RestoreError } from "@restage/core";
import { decodeText, type EntryToEncode, type GhostChunk } from "@restage/images";
import { AT_FDCWD, O, PATH_MAX, S_IF, SEEK } from "@restage/linux/abi";
import { room } from "../../room.ts";
import { kernelDevice } from "../device-number.ts";
import { inodeOwner } from "../inode-owner.ts";
import { timeToImage } from "./format.ts";

/** The size in bytes from which a file is saved in chunks, without its holes. */
const CHUNKS_FROM = 3 * 4096;
/** Bytes that one call reads. */
const PIECE = 128 * 1024;

/** The image of a file without a name: owner, mode, times, content. */
export function ghostEntry(context: DumpContext, file: OpenFile): EntryToEncode<"ghost_file"> {
  const { proc } = file;
  const stat = context.host.inode(proc);
  if (stat === undefined) throw new RestoreError("ERR_SYSCALL", `Cannot stat ${proc}: it does not exist`);
  const { mode } = stat;
  const type = mode & S_IF.MT;
  const isFile = type === S_IF.REG;
  const hasChunks = isFile && stat.size >= CHUNKS_FROM;
  const value = {
    ...inodeOwner(proc, context),
    mode,
    dev: kernelDevice(stat.dev),
    ino: stat.ino,
    atim: timeToImage(stat.accessed),
    mtim: timeToImage(stat.modified),
    ...(type === S_IF.CHR || type === S_IF.BLK ? { rdev: Number(stat.rdev) } : {}),
    ...(type === S_IF.LNK ? { symlnk_target: targetOf(context, file) } : {}),
    ...(hasChunks ? { chunks: true, size: stat.size } : {}),
  };
  if (!isFile) return { value, extra: { content: new Uint8Array() } };
  const opened = context.host.call.openat(AT_FDCWD, proc, O.RDONLY | O.CLOEXEC, 0).result;
  try {
    if (!hasChunks) return { value, extra: { content: readAt(context, opened, 0, Number(stat.size)) } };
    return { value, extra: { chunks: readChunks(context, opened, Number(stat.size)) } };
  } finally {
    context.host.call.close(opened);
  }
}

/** The target of a deleted symbolic link that was opened with O_PATH. */
function targetOf({ host }: DumpContext, { descriptor }: OpenFile): string {
  if (descriptor === undefined) return "";
  const target = room(PATH_MAX);
  const length = host.call.readlinkat(descriptor, "", target.data, PATH_MAX).result;
  return decodeText(target.data.bytes.subarray(0, length));
}

function readChunks(context: DumpContext, file: number, size: number): readonly GhostChunk[] {
  const chunks: GhostChunk[] = [];
  for (let from = 0; from < size; ) {
    const start = context.host.attempt("lseek", file, from, SEEK.DATA);
    if (start < 0) break;
    const end = context.host.attempt("lseek", file, start, SEEK.HOLE);
    const data = readAt(context, file, start, end - start);
    chunks.push({ value: { len: BigInt(data.length), off: BigInt(start) }, data });
    from = end;
  }
  return chunks;
}

function readAt({ host }: DumpContext, file: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const piece = room(Math.min(PIECE, length - done)).data;
    const count = host.call.pread64(file, piece, piece.bytes.length, offset + done).result;
    if (count === 0) break;
    bytes.set(piece.bytes.subarray(0, count), done);
    done += count;
  }
  return bytes;
}
