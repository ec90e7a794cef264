import { type DumpContext, definePlugin, type Host, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes, pageFlags } from "@restage/images";
import type { AddressRange } from "@restage/linux";
import { AT_FDCWD, F, O, PAGE_SIZE, SEEK } from "@restage/linux/abi";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { inodeOwner } from "../../files/inode-owner.ts";
import { pagemapEntry } from "../private-memory/dump.ts";

const PREFIX = "/memfd:";
const DELETED = " (deleted)";

/** Their images are numbered beyond those of System V shared memory, which have its ids: a namespace would have to make millions first. */
const FIRST_NUMBER = 0x7000_0000;

/**
 * Memory that tasks share by a file without a name: memfds, and shared anonymous memory, which images have as a memfd with the name /dev/zero. Each
 * is saved once, with its seals.
 */
export function sharedMemory(): Plugin {
  return definePlugin({
    name: "shared-memory",
    duty: "shared-memory",
    dump({ phases, describeFile }) {
      const inodes = new Map<bigint, { readonly number: number; readonly file: OpenFile }>();
      describeFile.tap("shared-memory", (file, context) => {
        if (!isSharedMemory(file)) return undefined;
        let inode = inodes.get(file.stat.ino);
        if (inode === undefined) {
          inode = { number: FIRST_NUMBER + inodes.size, file };
          inodes.set(file.stat.ino, inode);
        }
        const { id, flags, position: pos } = file;
        return { type: fdTypes.MEMFD, memfd: { id, flags, pos, fown: ownerOf(file, context), inode_id: inode.number } };
      });
      phases.write.tree.tap("shared-memory", (_tree, context) => {
        for (const { number, file } of inodes.values()) saveInode(context, number, file);
      });
    },
  });
}

/** Memory of the kernel's own mount of tmpfs: nobody can open it by a path. */
export function isSharedMemory({ link, stat }: OpenFile): boolean {
  return stat.nlink === 0 && link.endsWith(DELETED) && (link.startsWith(PREFIX) || link === `/dev/zero${DELETED}`);
}

function saveInode(context: DumpContext, number: number, { proc, link, stat }: OpenFile): void {
  const { host, images } = context;
  const { uid, gid } = inodeOwner(proc, context);
  const memory = host.call.openat(AT_FDCWD, proc, O.RDONLY | O.CLOEXEC).result;
  try {
    const name = link.slice(link.startsWith(PREFIX) ? PREFIX.length : 0, -DELETED.length);
    const seals = Math.max(0, host.attempt("fcntl", memory, F.GET_SEALS, 0));
    const value = { name, uid, gid, size: stat.size, shmid: number, seals, inode_id: BigInt(number), mode: stat.mode };
    images.add("memfd_inode", undefined, { value });
    savePages(context, number, memory, Number(stat.size));
  } finally {
    host.call.close(memory);
  }
}

/** Saves what is in a file of the kernel's tmpfs. */
export function savePages({ host, images }: DumpContext, number: number, memory: number, size: number): void {
  const pagesId = images.nextPages();
  const file = images.open("pages", pagesId);
  images.add("shmem_pagemap", number, { value: { pages_id: pagesId } });
  for (const run of contentOf(size, (whence, at) => host.attempt("lseek", memory, at, whence))) {
    copy(host, memory, file, run);
    images.add("shmem_pagemap", number, { value: pagemapEntry(run, pageFlags.PE_PRESENT) });
  }
  images.close(file);
}

/** The last page may end before its file does: the rest of it is zeros. */
function copy(host: Host, from: number, to: number, { start, end }: AddressRange): void {
  host.call.lseek(from, start, SEEK.SET);
  let left = end - start;
  for (let count = 1; left > 0 && count > 0; left -= count) count = host.call.sendfile(to, from, 0, left).result;
  if (left > 0) host.call.write(to, new Uint8Array(left), left);
}

/** Runs of pages that are there. */
function* contentOf(size: number, seek: (whence: number, at: number) => number): Generator<AddressRange> {
  const whole = Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
  for (let at = 0; at < size; ) {
    const start = seek(SEEK.DATA, at);
    if (start < 0) return;
    const end = Math.min(whole, Math.ceil(seek(SEEK.HOLE, start) / PAGE_SIZE) * PAGE_SIZE);
    yield { start, end };
    at = end;
  }
}
