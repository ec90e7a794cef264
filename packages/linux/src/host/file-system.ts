import {
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { ERRNO } from "../abi/errno.ts";
import type { FileStat, Inode } from "../kernel.ts";
import { pathBytes, textOf } from "./path-bytes.ts";
import { SystemError } from "./system-error.ts";

/** The names in a directory, or undefined when it cannot be read. */
export function listDirectory(path: string): readonly string[] | undefined {
  try {
    const names = readdirSync(pathBytes(path));
    return names.some(isDamaged) ? readdirSync(pathBytes(path), "buffer").map(textOf) : names;
  } catch {
    return undefined;
  }
}

/** Whether a name has bytes that are not valid UTF-8, or the character that stands for them. */
function isDamaged(name: string): boolean {
  return name.includes("\ufffd");
}

/** The inode at the end of a path, or that of a symbolic link itself. Throws a SystemError unless it is there or missing. */
export function readInode(path: string, follow = true): Inode | undefined {
  const look = follow ? statSync : lstatSync;
  const stat = attempt("open", `look at ${path}`, () => look(pathBytes(path), { bigint: true, throwIfNoEntry: false }));
  if (stat === undefined) return undefined;
  const { dev, ino, rdev, size, blocks, atimeNs, mtimeNs } = stat;
  const [mode, nlink, uid, gid] = [stat.mode, stat.nlink, stat.uid, stat.gid].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { dev, ino, rdev, size, blocks, mode, nlink, uid, gid, accessed: atimeNs, modified: mtimeNs };
}

/** The kind and size of a file. */
export function statFile(path: string): FileStat | "missing" {
  const stat = statSync(pathBytes(path), { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "missing" : { mode: Number(stat.mode), size: stat.size };
}

/** Bytes of a file, fewer at its end, or undefined when it cannot be read. */
export function readBytes(path: string, offset: number, length: number): Uint8Array | undefined {
  try {
    const file = openSync(pathBytes(path), "r");
    try {
      // Callers ask for more than a small file has. The size of a file of the kernel is 0.
      const { size } = fstatSync(file);
      const bytes = new Uint8Array(size > offset ? Math.min(length, size - offset) : length);
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Writes an existing file in one write(2), as many files of /proc require. Throws a SystemError. */
export function writeWhole(path: string, text: string): void {
  attempt("write", `write ${JSON.stringify(text)} to ${path}`, () => {
    const file = openSync(path, "w");
    try {
      writeSync(file, text);
    } finally {
      closeSync(file);
    }
  });
}

/** Makes a directory and its missing parents, for their owner alone. */
export function makeDirectory(path: string): void {
  attempt("open", `make the directory ${path}`, () => mkdirSync(path, { recursive: true, mode: 0o700 }));
}

/** Creates a file that only its owner can read. Fails if the path exists, even as a symbolic link. */
export function createFile(path: string, bytes: Uint8Array): void {
  attempt("open", `write ${path}`, () => writeFileSync(path, bytes, { flag: "wx", mode: 0o600 }));
}

/** Changes a file's owner. Its group, which is this process's, can still read it. */
export function giveFile(path: string, uid: number): void {
  attempt("open", `give ${path} to user ${uid}`, () => {
    chownSync(path, uid, statSync(path).gid);
    chmodSync(path, 0o640);
  });
}

function attempt<T>(call: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { errno, syscall } = error as NodeJS.ErrnoException;
    throw new SystemError(syscall ?? call, Math.abs(errno ?? ERRNO.EIO), what);
  }
}
