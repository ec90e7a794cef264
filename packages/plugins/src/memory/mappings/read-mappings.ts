import { type Host, type Mapping, RestoreError } from "@restage/core";
import { MADV, MAP, PROT } from "@restage/linux/abi";
import { encodeHugePageSize } from "../huge-pages.ts";
import { encodeAdvice } from "./format.ts";

const HEADER = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) (\S+) (\d+) *(.*)$/;

/** VmFlags that stand for flags of mmap(2). */
const MAP_FLAGS: Readonly<Record<string, number>> = {
  gd: MAP.GROWSDOWN,
  lo: MAP.LOCKED,
  nr: MAP.NORESERVE,
  ht: MAP.HUGETLB,
  dp: MAP.DROPPABLE,
};

/** VmFlags that stand for advice of madvise(2). */
const ADVICE: Readonly<Record<string, number>> = {
  sr: MADV.SEQUENTIAL,
  rr: MADV.RANDOM,
  dc: MADV.DONTFORK,
  dd: MADV.DONTDUMP,
  mg: MADV.MERGEABLE,
  hg: MADV.HUGEPAGE,
  nh: MADV.NOHUGEPAGE,
  wf: MADV.WIPEONFORK,
};

/** Reads /proc/PID/smaps. Entries get everything that smaps tells. */
export function readMappings(host: Host, pid: number): readonly Mapping[] {
  const mappings: Mapping[] = [];
  const lines = smaps(host, pid).split("\n");
  for (const [number, line] of lines.entries()) {
    const [, start, end, permissions = "", offset, device = "", inode, name = ""] = isField(line)
      ? []
      : (HEADER.exec(line) ?? []);
    if (start !== undefined && end !== undefined) {
      const range = { start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), offset: BigInt(`0x${offset}`) };
      mappings.push({ ...range, permissions, device, inode: BigInt(inode ?? 0), name, flags: new Set(), entry: {} });
      continue;
    }
    const last = mappings.at(-1);
    if (last === undefined || !line.startsWith("VmFlags:")) continue;
    const flags = new Set(line.slice("VmFlags:".length).trim().split(" "));
    const entry = entryOf(last, flags);
    if (flags.has("ht")) entry.flags = ((entry.flags ?? 0) | hugePageSizeBefore(lines, number)) >>> 0;
    mappings[mappings.length - 1] = { ...last, flags, entry };
  }
  return mappings;
}

/** Whether a line is not the first of a mapping: names of fields begin with a capital letter. */
function isField(line: string): boolean {
  const first = line.charCodeAt(0);
  return first >= 65 && first <= 90;
}

/** The size of a mapping's huge pages, as flags of mmap(2), from the lines before its VmFlags. */
function hugePageSizeBefore(lines: readonly string[], end: number): number {
  for (let at = end; at >= 0; at--) {
    const [, kibibytes] = /^KernelPageSize:\s+(\d+) kB/.exec(lines[at] ?? "") ?? [];
    if (kibibytes !== undefined) return encodeHugePageSize(1024 * Number(kibibytes));
  }
  return 0;
}

function smaps(host: Host, pid: number): string {
  const text = host.readText(`/proc/${pid}/smaps`, "utf8");
  if (text !== undefined) return text;
  const hint = "the kernel needs CONFIG_PROC_PAGE_MONITOR";
  throw new RestoreError("ERR_SYSCALL", `Cannot read /proc/${pid}/smaps`, { pid, hint });
}

function entryOf(mapping: Omit<Mapping, "flags" | "entry">, vmFlags: ReadonlySet<string>): Mapping["entry"] {
  const [readable, writable, executable, sharing] = mapping.permissions;
  let flags = sharing === "s" ? MAP.SHARED : MAP.PRIVATE;
  for (const flag of vmFlags) flags |= MAP_FLAGS[flag] ?? 0;
  // A type of mapping of its own, which is private too.
  if ((flags & MAP.DROPPABLE) !== 0) flags &= ~MAP.PRIVATE;
  const madv = encodeAdvice([...vmFlags].flatMap((flag) => ADVICE[flag] ?? []));
  return {
    start: mapping.start,
    end: mapping.end,
    pgoff: mapping.offset,
    shmid: 0n,
    prot:
      (readable === "r" ? PROT.READ : 0) | (writable === "w" ? PROT.WRITE : 0) | (executable === "x" ? PROT.EXEC : 0),
    flags,
    status: 0,
    fd: -1n,
    ...(madv === 0n ? {} : { madv }),
  };
}
