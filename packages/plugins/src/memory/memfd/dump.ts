import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { AT_FDCWD, F, MFD, O } from "@restage/linux/abi";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { inodeOwner } from "../../files/inode-owner.ts";
import { saveSharedMemory } from "../save-shared-memory.ts";
import { isMemfd, nameOf } from "./format.ts";

/** The first number of their images. Those of System V shared memory have its ids, which only reach this after millions of segments. */
const FIRST_NUMBER = 0x7000_0000;

/** Memfds, and shared anonymous memory, which images keep as memfds: each once, with its content and seals. */
export function memfds(): Plugin {
  return definePlugin({
    name: "memfds",
    duty: "memfds",
    phases: {
      inspect: "describes memfds and shared anonymous memory",
      write: "saves content, seals and owner of memfds and shared anonymous memory",
    },
    dump({ phases, describeFile }) {
      const inodes = new Map<bigint, { readonly number: number; readonly file: OpenFile }>();
      describeFile.tap("memfds", (file, context) => {
        if (!isMemfd(file)) return undefined;
        const inode = inodes.get(file.stat.ino) ?? { number: FIRST_NUMBER + inodes.size, file };
        inodes.set(file.stat.ino, inode);
        const { id, flags, position: pos } = file;
        return { type: fdTypes.MEMFD, memfd: { id, flags, pos, fown: ownerOf(file, context), inode_id: inode.number } };
      });
      phases.write.tree.tap("memfds", (_tree, context) => {
        for (const { number, file } of inodes.values()) saveInode(context, number, file);
      });
    },
  });
}

function saveInode(context: DumpContext, number: number, file: OpenFile): void {
  const { host, images } = context;
  const { proc, stat } = file;
  const memory = host.call.openat(AT_FDCWD, proc, O.RDONLY | O.CLOEXEC).result;
  try {
    const seals = Math.max(0, host.attempt("fcntl", memory, F.GET_SEALS, 0));
    const flags = saveSharedMemory(context, number, memory, Number(stat.size), MFD.HUGETLB);
    images.add("memfd_inode", undefined, {
      value: {
        name: nameOf(file),
        ...inodeOwner(proc, context),
        size: stat.size,
        shmid: number,
        seals,
        inode_id: BigInt(number),
        mode: stat.mode,
        ...flags,
      },
    });
  } finally {
    host.call.close(memory);
  }
}
