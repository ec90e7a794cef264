import { fdTypes } from "@restage/images";
import type { Seizer } from "@restage/linux";
import { AF, AT_FDCWD, ERRNO, errnoText, O, PATH_MAX, S_IF, SO, SOL } from "@restage/linux/abi";
import { RestoreError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import { output } from "../program/deferred.ts";
import type { FileDescription } from "./draft.ts";
import { findInOrder } from "./find-in-order.ts";
import type { Findings } from "./findings.ts";
import type { FileIdentity, Holder, OpenFile } from "./open-file.ts";
import type { SeizedTask } from "./seized-task.ts";

type MutableFile = { -readonly [K in keyof OpenFile]: OpenFile[K] } & {
  readonly holders: Holder[];
  readonly number: number;
};

/** All open files of a tree, each once. Two descriptors refer to the same one when kcmp(2) says so. */
export class FileTable {
  readonly #host: Host;
  readonly #seizer: Seizer;
  readonly #findings: Findings;
  readonly #describe: (file: OpenFile) => FileDescription | undefined;
  readonly #files: MutableFile[] = [];
  readonly #alike = new Map<string, MutableFile[]>();
  readonly #byPath = new Map<string, MutableFile>();
  readonly #pidfds = new Map<number, number>();

  /** @param describe makes the entry of an open file, undefined when nobody can. */
  constructor(
    host: Host,
    seizer: Seizer,
    findings: Findings,
    describe: (file: OpenFile) => FileDescription | undefined,
  ) {
    this.#host = host;
    this.#seizer = seizer;
    this.#findings = findings;
    this.#describe = describe;
  }

  get all(): readonly OpenFile[] {
    return this.#files;
  }

  /** Takes in all descriptors of a task. */
  addDescriptors(task: SeizedTask): void {
    const numbers = (this.#host.list(`${task.proc}/fd`) ?? []).map(Number).sort((a, b) => a - b);
    for (const number of numbers) this.#addDescriptor(task, number);
  }

  /** A file without a descriptor, by a magic link of /proc (`exe`, `cwd`, `map_files/…`); the same file opened alike is one. */
  addPath(task: SeizedTask, proc: string, flags: number, stat: FileIdentity = this.identityOf(proc)): OpenFile {
    const link = this.#linkOf(proc);
    // In another mount namespace, the same path leads through another mount.
    const key = `${stat.dev}:${stat.ino}:${flags}:${task.ids.mnt_ns_id}:${link}`;
    let file = this.#byPath.get(key);
    if (file === undefined) {
      file = this.#add({ proc, link, stat, flags, position: 0n, info: "", task, descriptor: undefined }, -1);
      this.#byPath.set(key, file);
    }
    return file;
  }

  /** An open file that came to this process by itself: in flight in a socket's queue. It is closed with the table. */
  addInFlight(task: SeizedTask, descriptor: number): OpenFile {
    const proc = `/proc/self/fd/${descriptor}`;
    const info = this.#host.readText(`/proc/self/fdinfo/${descriptor}`) ?? "";
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? "0", 8) & ~O.CLOEXEC;
    const position = BigInt(/^pos:\s*(\d+)/m.exec(info)?.[1] ?? "0");
    const known = this.#files.find((file) => {
      return (
        file.descriptor !== undefined &&
        this.#seizer.compare("FILE", this.#host.pid, this.#host.pid, file.descriptor, descriptor) === 0
      );
    });
    if (known !== undefined) return known;
    return this.#add(
      { proc, link: this.#linkOf(proc), stat: this.identityOf(proc), flags, position, info, task, descriptor },
      -1,
    );
  }

  /** An entry of files.img that another file needs. Returns its id. */
  addEntry(task: SeizedTask, describe: (id: number) => FileDescription): number {
    const { proc, link, stat } = { proc: "", link: "", stat: NOTHING };
    const file = this.#add({ proc, link, stat, flags: 0, position: 0n, info: "", task, descriptor: undefined }, -1);
    file.entry = describe(file.id);
    return file.id;
  }

  /** Describes what has not been yet, until nothing is left: descriptions may bring new files. Those that nobody describes are refused. */
  describe(): void {
    for (const file of this.#files) {
      file.entry ??= this.#describe(file);
      if (file.entry === undefined) {
        this.#refuse(file);
        file.entry = { type: fdTypes.UND };
      }
    }
  }

  /** What a path leads to. Throws ERR_SYSCALL when it leads nowhere. */
  identityOf(path: string): FileIdentity {
    const inode = this.#host.inode(path);
    if (inode === undefined) throw new RestoreError("ERR_SYSCALL", `Cannot look at ${path}: it does not exist`);
    return inode;
  }

  /** Closes this process's copies. */
  close(): void {
    const { call } = this.#host;
    for (const { descriptor } of this.#files) if (descriptor !== undefined) call.close(descriptor);
    for (const pidfd of this.#pidfds.values()) call.close(pidfd);
    this.#pidfds.clear();
  }

  #refuse(file: MutableFile): void {
    const [holder] = file.holders;
    const what = holder === undefined ? `file ${file.link}` : `descriptor ${holder.descriptor} (${file.link})`;
    const family = this.#familyOf(file);
    const why = `${family === undefined ? "files of this kind" : `sockets of ${family}`} are not saved yet`;
    const hint = "close it before the checkpoint, or save it with a plugin that taps describeFile";
    this.#findings.refuse({ what, why, hint, pid: file.task.pid });
  }

  /** The name of the address family of a socket, or its number. */
  #familyOf({ stat, descriptor }: MutableFile): string | undefined {
    if (descriptor === undefined || (stat.mode & S_IF.MT) !== S_IF.SOCK) return undefined;
    const bytes = this.#host.socketOption(descriptor, SOL.SOCKET, SO.DOMAIN, 4);
    if (bytes?.length !== 4) return undefined;
    const family = new DataView(bytes.buffer).getInt32(0, true);
    const name = Object.entries(AF).find(([, number]) => number === family)?.[0];
    return name === undefined ? `address family ${family}` : `AF_${name}`;
  }

  #addDescriptor(task: SeizedTask, number: number): void {
    const proc = `${task.proc}/fd/${number}`;
    const info = `${this.#host.readText(`${task.proc}/fdinfo/${number}`) ?? ""}\n`;
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? "0", 8);
    const position = BigInt(/^pos:\s*(\d+)/m.exec(info)?.[1] ?? "0");
    const stat = this.identityOf(proc);
    const holder = { task, descriptor: number, cloexec: (flags & O.CLOEXEC) !== 0, locks: locksIn(info) };
    const alike = `${stat.dev}:${stat.ino}:${position}:${flags & ~O.CLOEXEC}`;
    const candidates = this.#alike.get(alike) ?? [];
    this.#alike.set(alike, candidates);
    const { same, at } = findInOrder(candidates, (other) =>
      this.#seizer.compare("FILE", other.task.hostPid, task.hostPid, other.number, number),
    );
    if (same !== undefined) {
      same.holders.push(holder);
      return;
    }
    const link = this.#linkOf(proc);
    const descriptor = this.#copy(task, number);
    const kept = flags & ~O.CLOEXEC;
    const file = this.#add({ proc, link, stat, flags: kept, position, info, task, descriptor }, number);
    file.holders.push(holder);
    candidates.splice(at, 0, file);
  }

  #linkOf(path: string): string {
    const link = this.#host.readLink(path);
    if (link !== undefined) return link;
    const errno = -this.#host.attempt("readlinkat", AT_FDCWD, path, output(PATH_MAX), PATH_MAX);
    const why = errno > 0 ? `readlinkat() failed: ${errnoText(errno)}` : "it changes";
    const hint =
      errno === ERRNO.ENAMETOOLONG
        ? `move the directory up: the kernel shows no path of ${PATH_MAX} bytes or more`
        : undefined;
    throw new RestoreError("ERR_SYSCALL", `Cannot read the link ${path}: ${why}`, { hint });
  }

  #add(file: Omit<OpenFile, "id" | "holders" | "entry">, number: number): MutableFile {
    const added: MutableFile = { ...file, number, id: this.#files.length + 1, holders: [], entry: undefined };
    this.#files.push(added);
    return added;
  }

  /** The same open file description in this process. */
  #copy(task: SeizedTask, number: number): number {
    const { call } = this.#host;
    let pidfd = this.#pidfds.get(task.hostPid);
    if (pidfd === undefined) {
      pidfd = call.pidfd_open(task.hostPid, 0).result;
      this.#pidfds.set(task.hostPid, pidfd);
    }
    return call.pidfd_getfd(pidfd, number, 0).result;
  }
}

function locksIn(info: string): readonly string[] {
  if (!info.includes("\nlock:")) return [];
  return [...info.matchAll(/^lock:\s*(.+)$/gm)].map(([, line = ""]) => line);
}

const NOTHING: FileIdentity = { mode: 0, dev: 0n, ino: 0n, rdev: 0n, size: 0n, nlink: 0 };
