import { type DumpContext, definePlugin, type Holder, type OpenFile, type Plugin } from "@restage/core";
import { F, F_LOCK, O } from "@restage/linux/abi";

/** Kinds of locks in images. Source: CRIU criu/include/file-lock.h. */
const KINDS: Readonly<Record<string, number>> = { POSIX: 1, FLOCK: 2, OFDLCK: 4, LEASE: 8 };

/** `1: POSIX  ADVISORY  WRITE 22401 08:02:123 0 EOF`. Source: fs/locks.c, proc_pid_fdinfo(5). */
const LINE = /^\d+: (\w+)\s+(\w+)\s+(\w+)\s+(-?\d+)\s+(\S+) (\d+) (\w+)/;

interface Lock {
  readonly flag: number;
  readonly type: number;
  readonly pid: number;
  readonly fd: number;
  readonly start: bigint;
  readonly len: bigint;
}

/** Set in the type of a lease that somebody was breaking. Source: CRIU criu/include/file-lock.h. */
const LEASE_BREAKING = 4;

/** POSIX locks, which belong to a process, and BSD locks, open file description locks and leases, which belong to an open file. */
export function fileLocks(): Plugin {
  return definePlugin({
    name: "file-locks",
    duty: "file-locks",
    dump({ filesDescribed }) {
      filesDescribed.tap("file-locks", (_tree, context) => {
        const locks = new Map<string, Lock>();
        for (const file of context.files.all) {
          for (const holder of file.holders) {
            for (const line of holder.locks) note(locks, line, file, holder, context);
          }
        }
        if (locks.size > 0 && !context.options.fileLocks) {
          const hint = "save them by --file-locks";
          context.findings.refuse({ what: `${locks.size} file locks`, why: "the tree holds them", hint });
          return;
        }
        for (const value of locks.values()) context.images.add("file_locks", undefined, { value });
      });
    },
  });
}

function note(locks: Map<string, Lock>, line: string, file: OpenFile, holder: Holder, context: DumpContext): void {
  const [, name = "", state = "", mode = "", , , first = "0", last = "EOF"] = LINE.exec(line) ?? [];
  const { task, descriptor } = holder;
  const flag = KINDS[name];
  if (flag === undefined) {
    const why = `its lock "${line}" is of a kind that has no place in images`;
    context.findings.refuse({ what: `file ${file.link}`, why, pid: task.pid });
    return;
  }
  const isPosix = flag === KINDS["POSIX"];
  // A process has a POSIX lock by all its descriptors of the file; one that may lock so is to be named.
  const type = state === "BREAKING" ? leaseOf(file, context) : mode === "WRITE" ? F_LOCK.WRLCK : F_LOCK.RDLCK;
  const needed = type === F_LOCK.WRLCK ? O.RDONLY : O.WRONLY;
  if (isPosix && (file.flags & O.ACCMODE) === needed) return;
  const owner = isPosix ? `${task.ids.files_id} ${file.stat.dev}:${file.stat.ino}` : `file ${file.id}`;
  const key = `${owner} ${flag} ${type} ${first} ${last}`;
  if (locks.has(key)) return;
  const start = BigInt(first);
  const len = last === "EOF" ? 0n : BigInt(last) - start + 1n;
  locks.set(key, { flag, type, pid: task.pid, fd: descriptor, start, len });
}

/** What a lease is about to become that somebody breaks. */
function leaseOf({ descriptor }: OpenFile, { host }: DumpContext): number {
  return host.attempt("fcntl", descriptor ?? -1, F.GETLEASE, 0) | LEASE_BREAKING;
}
