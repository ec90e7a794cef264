import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { O, PIDFD } from "@restage/linux/abi";
import { ownerOf } from "../file-owner/owner-of.ts";
import { GONE } from "./format.ts";

/** Images keep the low half of an inode number, which only tells which pidfds refer to the same process. */
const INODE_BITS = 32;

/** Saves pidfds of processes of the tree, and of processes that have ended. */
export function pidfds(): Plugin {
  return definePlugin({
    name: "pidfds",
    duty: "pidfds",
    phases: { inspect: "describes pidfds; refuses those of threads and of processes outside the tree" },
    dump({ describeFile }) {
      describeFile.tap("pidfds", (file, context) => {
        if (file.link !== "anon_inode:[pidfd]") return undefined;
        const { id, flags, stat } = file;
        const ino = Number(BigInt.asUintN(INODE_BITS, stat.ino));
        const fown = ownerOf(file, context);
        return {
          type: fdTypes.PIDFD,
          pidfd: { id, ino, flags: flags & ~O.ACCMODE, nspid: pidOf(file, context), fown },
        };
      });
    },
  });
}

/** The pid of a process in the tree's pid namespace. /proc shows -1 for a reaped process, and 0 for one outside the namespace. */
function pidOf({ link, flags, info, task }: OpenFile, { tree, findings }: DumpContext): number {
  const hostPid = Number(/^Pid:\s*(-?\d+)/m.exec(info)?.[1] ?? 0);
  const refuse = (why: string) => findings.refuse({ what: `pidfd ${link}`, why, pid: task.pid });
  if ((flags & PIDFD.THREAD) !== 0) refuse("it refers to a thread (PIDFD_THREAD), which images cannot record");
  if (hostPid === GONE) return GONE;
  const pid = tree.tasks.find((task) => task.hostPid === hostPid)?.pid;
  if (pid === undefined && (flags & PIDFD.THREAD) === 0)
    refuse(`it refers to process ${hostPid}, which is outside the tree`);
  return pid ?? GONE;
}
