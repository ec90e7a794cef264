import { type DumpContext, definePlugin, type Holder, type OpenFile, type Plugin } from "@restage/core";
import type { FileLockEntry, InputOf } from "@restage/images";
import { F, F_LOCK, O } from "@restage/linux/abi";
import { LOCK_KIND, leaseToImage, parseProcLock } from "./format.ts";

/**
 * Saves POSIX locks, which belong to a process, and BSD locks, open file description locks and leases, which belong to an open file description.
 */
export function fileLocks(): Plugin {
  return definePlugin({
    name: "file-locks",
    duty: "file-locks",
    phases: { inspect: "saves file locks and leases, or refuses them without --file-locks" },
    dump({ filesDescribed }) {
      filesDescribed.tap("file-locks", (_tree, { files, findings, host, images, options }) => {
        const locks = new Map<string, InputOf<FileLockEntry>>();
        for (const file of files.all) {
          for (const holder of file.holders) {
            for (const line of holder.locks) addLock(locks, line, file, holder, { findings, host });
          }
        }
        if (locks.size > 0 && !options.fileLocks) {
          const hint = "save them with --file-locks";
          findings.refuse({ what: "file locks", why: `the tree holds ${locks.size}`, hint });
          return;
        }
        for (const value of locks.values()) images.add("file_locks", undefined, { value });
      });
    },
  });
}

/** Adds a lock once, however many descriptors show it. */
function addLock(
  locks: Map<string, InputOf<FileLockEntry>>,
  line: string,
  file: OpenFile,
  { task, descriptor: fd }: Holder,
  { findings, host }: Pick<DumpContext, "findings" | "host">,
): void {
  const { kind: flag, isBreaking, start, len, ...lock } = parseProcLock(line);
  if (flag === undefined) {
    const why = `images cannot record its lock "${line}"`;
    findings.refuse({ what: `file ${file.link}`, why, pid: task.pid });
    return;
  }
  const type = isBreaking ? leaseToImage({ type: reducedLease(file, host), isBreaking }) : lock.type;
  // /proc shows a POSIX lock at every descriptor of the file. A restore needs one with the right to take it.
  const unfit = type === F_LOCK.WRLCK ? O.RDONLY : O.WRONLY;
  if (flag === LOCK_KIND.POSIX && (file.flags & O.ACCMODE) === unfit) return;
  const owner = flag === LOCK_KIND.POSIX ? `${task.ids.files_id} ${file.stat.dev}:${file.stat.ino}` : `file ${file.id}`;
  const key = `${owner} ${flag} ${type} ${start} ${len}`;
  if (!locks.has(key)) locks.set(key, { flag, type, pid: task.pid, fd, start, len });
}

/** The type to which the breaker reduces a lease. */
function reducedLease({ descriptor }: OpenFile, host: DumpContext["host"]): number {
  return host.attempt("fcntl", descriptor ?? -1, F.GETLEASE, 0);
}
