import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeEntries, type EntryKindName, type EntryValue, fdTypes, imageFileName } from "@restage/images";
import { toQuoted } from "./bytes.ts";
import { FLAGS } from "./names.ts";

const STATUS = FLAGS.status;
const { PROT_READ, PROT_WRITE, PROT_EXEC } = FLAGS.protection;
const OF_FILE = STATUS.VMA_FILE_PRIVATE | STATUS.VMA_FILE_SHARED;
const PAGE_SHIFT = 12n;

type Vma = EntryValue<"mm">["vmas"][number];

/** A directory of images, for the views of `crit x`. A task without one of its images, such as a zombie, is shown without it. */
export class ImageDirectory {
  readonly #path: string;
  readonly #names = new Map<string, string>();

  constructor(path: string) {
    this.#path = path;
  }

  /** The process tree. */
  ps(): string {
    const tasks = this.#values("pstree");
    const lines = [row("PID", "PGID", "SID", "COMM")];
    const show = (task: EntryValue<"pstree">, depth: number) => {
      const [core] = this.#values("core", task.pid);
      lines.push(row(task.pid, task.pgid, task.sid, `${" ".repeat(4 * depth)}${core?.tc?.comm ?? "-"}`));
      for (const child of tasks) if (child.ppid === task.pid && child !== task) show(child, depth + 1);
    };
    for (const task of tasks) if (task.ppid === 0) show(task, 0);
    return text(lines);
  }

  /** The open files of each task. */
  fds(): string {
    const lines: string[] = [];
    for (const { pid } of this.#values("pstree")) {
      lines.push(`${pid}`);
      const [ids] = this.#values("ids", pid);
      const files = ids === undefined ? [] : this.#values("fdinfo", ids.files_id);
      for (const { fd, type, id } of files) lines.push(`\t${String(fd).padStart(7)}: ${this.#file(type, id)}`);
      const [fs] = this.#values("fs", pid);
      if (fs === undefined) continue;
      lines.push(
        `\t    cwd: ${this.#file(fdTypes.REG, fs.cwd_id)}`,
        `\t   root: ${this.#file(fdTypes.REG, fs.root_id)}`,
      );
    }
    return text(lines);
  }

  /** The mappings of each task. */
  mems(): string {
    const lines: string[] = [];
    const segments = new Map<bigint, number>();
    const numberOf = (id: bigint) => {
      segments.set(id, segments.get(id) ?? segments.size + 1);
      return segments.get(id)?.toString(16);
    };
    for (const { pid } of this.#values("pstree")) {
      lines.push(`${pid}`);
      const [mm] = this.#values("mm", pid);
      if (mm === undefined) continue;
      lines.push(`\t${"exe".padEnd(36)}    ${this.#file(fdTypes.REG, mm.exe_file_id)}`);
      for (const vma of mm.vmas) {
        const range = `${hex(vma.start)}-${hex(vma.end)}`;
        lines.push(`\t${range.padEnd(36)}${protection(vma)}${this.#origin(vma, numberOf)}`);
      }
    }
    return text(lines);
  }

  /** The saved pages of each task, beside its mappings. */
  rss(): string {
    const lines: string[] = [];
    for (const { pid } of this.#values("pstree")) {
      lines.push(`${pid}`);
      const [mm] = this.#values("mm", pid);
      const vmas = mm?.vmas ?? [];
      let shown: Vma | undefined;
      for (const run of this.#values("pagemap", pid)) {
        if (!("vaddr" in run)) continue;
        const { vaddr } = run;
        const pages = BigInt(run.nr_pages ?? run.compat_nr_pages ?? 0);
        const end = vaddr + (pages << PAGE_SHIFT);
        let beside = "";
        for (const vma of vmas) {
          if (vma.end <= vaddr || vma.start >= end) continue;
          const size = String((vma.end - vma.start) >> PAGE_SHIFT).padEnd(8);
          const name = (vma.status & OF_FILE) === 0 ? "" : ` ${this.#file(fdTypes.REG, Number(vma.shmid))}`;
          beside += vma === shown ? " ~" : ` ${hex(vma.start)} / ${size}${name}`;
          beside += `\n\t${" ".repeat(23)}`;
          shown = vma;
        }
        lines.push(`${`\t${vaddr.toString(16)} / ${String(pages).padEnd(8)}`.padEnd(24)}${beside}`);
      }
    }
    return text(lines);
  }

  #origin(vma: Vma, numberOf: (id: bigint) => string | undefined): string {
    const { status, shmid, pgoff, flags } = vma;
    const has = (bit: number) => (status & bit) !== 0;
    const describe = (): string => {
      if (has(STATUS.VMA_AREA_SYSVIPC)) return ` ips[${numberOf(shmid)}]`;
      if (has(STATUS.VMA_ANON_SHARED)) return ` shmem[${numberOf(shmid)}]`;
      if (has(STATUS.VMA_AREA_SOCKET)) return ` packet[${numberOf(shmid)}]`;
      if (has(OF_FILE)) {
        const offset = pgoff === 0n ? "" : ` + 0x${pgoff.toString(16)}`;
        return ` ${this.#file(fdTypes.REG, Number(shmid))}${offset}${has(STATUS.VMA_FILE_SHARED) ? " (s)" : ""}`;
      }
      if (has(STATUS.VMA_AREA_STACK)) return " [stack]";
      if (has(STATUS.VMA_AREA_VSYSCALL)) return " [vsyscall]";
      if (has(STATUS.VMA_AREA_VDSO)) return " [vdso]";
      return (flags & FLAGS.mapping.MAP_GROWSDOWN) === 0 ? "" : " [stack?]";
    };
    return `${describe()}${has(STATUS.VMA_AREA_REGULAR) ? "" : " *"}`;
  }

  /** What a file is, for people. */
  #file(type: number, id: number): string {
    const key = `${type} ${id}`;
    const name = this.#names.get(key) ?? this.#describe(type, id);
    this.#names.set(key, name);
    return name;
  }

  #describe(type: number, id: number): string {
    const file = this.#values("files").find((file) => file.id === id);
    switch (type) {
      case fdTypes.REG:
        return file?.reg?.name ?? "unknown path";
      case fdTypes.PIPE:
        return file?.pipe === undefined ? "pipe[?]" : `pipe[${file.pipe.pipe_id}]`;
      case fdTypes.UNIXSK: {
        if (file?.usk === undefined) return "unix[?]";
        const { ino, peer, name } = file.usk;
        return `unix[${ino} (${peer})${name.length === 0 ? "" : ` ${toQuoted(name)}`}]`;
      }
      default:
        return `${Object.entries(fdTypes).find(([, number]) => number === type)?.[0] ?? type}.${id}`;
    }
  }

  /** The messages of an image; none when there is no such image. */
  #values<K extends EntryKindName>(kind: K, id?: number): readonly EntryValue<K>[] {
    const path = join(this.#path, imageFileName(kind, id));
    return existsSync(path) ? decodeEntries(kind, readFileSync(path), path).map(({ value }) => value) : [];
  }
}

function row(...[pid, group, session, name]: readonly (number | string)[]): string {
  return `${[pid, group, session].map((id) => String(id).padStart(7)).join("")}   ${name}`;
}

function hex(address: bigint): string {
  return address.toString(16).padStart(8, "0");
}

function protection({ prot }: Vma): string {
  return `${prot & PROT_READ ? "r" : "-"}${prot & PROT_WRITE ? "w" : "-"}${prot & PROT_EXEC ? "x" : "-"}`;
}

function text(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
