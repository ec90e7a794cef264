import { type VmaEntry, vmaStatus } from "@restage/images";
import { MAP, PROT } from "@restage/linux/abi";

/** What a mapping is, by CRIU's status bits. */
export type MappingKind =
  | "private"
  | "shared"
  | "sysvipc"
  | "aio"
  | "guard"
  | "vdso"
  | "vvar"
  | "vsyscall"
  | "socket"
  | "unsupported";

/** Kinds of mappings that are not restored yet, by the status bit that marks them. */
const UNSUPPORTED: readonly (readonly [status: number, name: string])[] = [
  [vmaStatus.VMA_AREA_SHSTK, "shadow stack"],
  [vmaStatus.VMA_AREA_UPROBES, "mapping of uprobes"],
  [vmaStatus.VMA_EXT_PLUGIN, "mapping that a CRIU plugin restores"],
];

const UNSUPPORTED_BITS = UNSUPPORTED.reduce((bits, [bit]) => bits | bit, 0);

type Status = Pick<VmaEntry, "status">;

export function has(vma: Status, status: number): boolean {
  return (vma.status & status) !== 0;
}

/** The kind of mappings with a status. Few are in use, and a restore asks for the kind of each mapping some eighteen times. */
const kinds = new Map<number, MappingKind>();

export function kindOf(vma: Status): MappingKind {
  let kind = kinds.get(vma.status);
  if (kind === undefined) {
    kind = readKind(vma);
    kinds.set(vma.status, kind);
  }
  return kind;
}

function readKind(vma: Status): MappingKind {
  if (has(vma, vmaStatus.VMA_AREA_VSYSCALL)) return "vsyscall";
  if (has(vma, vmaStatus.VMA_AREA_VDSO)) return "vdso";
  if (has(vma, vmaStatus.VMA_AREA_VVAR)) return "vvar";
  if (has(vma, vmaStatus.VMA_AREA_GUARD)) return "guard";
  if (has(vma, vmaStatus.VMA_AREA_SOCKET)) return "socket";
  if (has(vma, UNSUPPORTED_BITS)) return "unsupported";
  if (has(vma, vmaStatus.VMA_AREA_AIORING)) return "aio";
  if (has(vma, vmaStatus.VMA_FILE_PRIVATE | vmaStatus.VMA_ANON_PRIVATE)) return "private";
  if (has(vma, vmaStatus.VMA_AREA_SYSVIPC)) return "sysvipc";
  return has(vma, vmaStatus.VMA_FILE_SHARED | vmaStatus.VMA_ANON_SHARED) ? "shared" : "unsupported";
}

/** The name of a mapping of the kind `unsupported`. */
export function nameOfUnsupported(vma: Status): string {
  const found = UNSUPPORTED.find(([status]) => has(vma, status));
  return found?.[1] ?? `mapping of status 0x${vma.status.toString(16)}`;
}

export function isFile(vma: Status): boolean {
  return has(vma, vmaStatus.VMA_FILE_PRIVATE);
}

/** Whether its pages can come on first access, by CRIU's rule. */
export function canBeLazy(vma: Pick<VmaEntry, "status" | "flags">): boolean {
  const isAnonymous = kindOf(vma) === "private" && has(vma, vmaStatus.VMA_ANON_PRIVATE);
  return isAnonymous && (vma.flags & (MAP.LOCKED | MAP.HUGETLB)) === 0;
}

/** Makes `madv` of the image: bit n stands for madvise(n). */
export function encodeAdvice(advice: Iterable<number>): bigint {
  let bits = 0n;
  for (const each of advice) bits |= 1n << BigInt(each);
  return bits;
}

/** The advice of a mapping, in ascending order. */
export function decodeAdvice({ madv = 0n }: Pick<VmaEntry, "madv">): readonly number[] {
  const advice: number[] = [];
  for (let rest = madv, each = 0; rest !== 0n; rest >>= 1n, each++) if ((rest & 1n) !== 0n) advice.push(each);
  return advice;
}

/** `7f…-7f… rw-`, as in /proc/PID/maps. */
export function printVma(vma: VmaEntry): string {
  const bit = (flag: number, letter: string) => ((vma.prot & flag) === 0 ? "-" : letter);
  const prot = `${bit(PROT.READ, "r")}${bit(PROT.WRITE, "w")}${bit(PROT.EXEC, "x")}`;
  return `${vma.start.toString(16)}-${vma.end.toString(16)} ${prot}`;
}
