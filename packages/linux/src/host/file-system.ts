import { chownSync, lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { ERRNO } from "../abi/errno.ts";
import type { Inode } from "../kernel.ts";
import { pathBytes } from "./path-bytes.ts";
import { SystemError } from "./system-error.ts";

type Owner = { readonly uid: number; readonly gid: number };

/** The names in a directory, or undefined when it cannot be read. */
export function listDirectory(path: string): readonly string[] | undefined {
  try {
    return readdirSync(pathBytes(path));
  } catch {
    return undefined;
  }
}

/** The inode at the end of a path, or that of a symbolic link itself. Throws a SystemError unless it is there or missing. */
export function readInode(path: string, follow = true): Inode | undefined {
  const look = follow ? statSync : lstatSync;
  const stat = attempt(`look at ${path}`, () => look(pathBytes(path), { bigint: true, throwIfNoEntry: false }));
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

/** Makes a directory and its parents, unless it exists. */
export function makeDirectory(path: string): void {
  attempt(`make the directory ${path}`, () => mkdirSync(path, { recursive: true }));
}

/** Writes a file of its own, readable by its owner only. */
export function createFile(path: string, bytes: Uint8Array, owner?: Owner): void {
  attempt(`write ${path}`, () => writeFileSync(path, bytes, { mode: 0o600 }));
  if (owner !== undefined) giveFile(path, owner);
}

export function giveFile(path: string, { uid, gid }: Owner): void {
  attempt(`give ${path} to user ${uid}`, () => chownSync(path, uid, gid));
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { errno, syscall } = error as NodeJS.ErrnoException;
    throw new SystemError(syscall ?? "open", Math.abs(errno ?? ERRNO.EIO), what);
  }
}
