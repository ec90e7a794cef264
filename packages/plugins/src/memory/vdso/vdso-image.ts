import { DT, ELF_MAGIC, ELF64, ELFCLASS, PT, STT } from "@restage/linux/abi";

/** The offset of each function from the start of the vdso, by name. */
export type VdsoSymbols = ReadonlyMap<string, number>;

/**
 * The functions that a vdso offers, from its dynamic symbol table. Source of the layout: elf(5).
 *
 * Returns undefined when the bytes are not a 64-bit ELF image with such a table.
 */
export function readVdsoSymbols(vdso: Uint8Array): VdsoSymbols | undefined {
  const view = new DataView(vdso.buffer, vdso.byteOffset, vdso.byteLength);
  try {
    if (view.getUint32(0, true) !== ELF_MAGIC || view.getUint8(4) !== ELFCLASS[64]) return undefined;
    return readSymbols(view, vdso);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readSymbols(view: DataView, vdso: Uint8Array): VdsoSymbols | undefined {
  const word = (at: number) => Number(view.getBigUint64(at, true));
  const headers = word(32);
  const count = view.getUint16(56, true);
  let base = 0;
  let dynamic: number | undefined;
  for (let n = 0; n < count; n++) {
    const at = headers + n * ELF64.PHDR_SIZE;
    const type = view.getUint32(at, true);
    if (type === PT.LOAD) base = word(at + 16);
    if (type === PT.DYNAMIC) dynamic = word(at + 8);
  }
  if (dynamic === undefined) return undefined;
  const tags = new Map<number, number>();
  for (let at = dynamic; word(at) !== 0; at += 16)
    tags.set(word(at), word(at + 8) - (word(at) === DT.STRSZ ? 0 : base));
  const strings = tags.get(DT.STRTAB);
  const table = tags.get(DT.SYMTAB);
  if (strings === undefined || table === undefined) return undefined;
  const symbols = new Map<string, number>();
  const end = table + ELF64.SYM_SIZE * symbolCount(view, tags);
  for (let at = table; at < end; at += ELF64.SYM_SIZE) {
    const value = word(at + 8);
    const isFunction = (view.getUint8(at + 4) & 15) === STT.FUNC;
    if (!isFunction || view.getUint16(at + 6, true) === 0) continue;
    const name = strings + view.getUint32(at, true);
    symbols.set(new TextDecoder().decode(vdso.subarray(name, vdso.indexOf(0, name))), value - base);
  }
  return symbols;
}

/** The symbol table does not record its own length: the hash tables do. */
function symbolCount(view: DataView, tags: ReadonlyMap<number, number>): number {
  const hash = tags.get(DT.HASH);
  if (hash !== undefined) return view.getUint32(hash + 4, true);
  const gnu = tags.get(DT.GNU_HASH);
  if (gnu === undefined) return 0;
  const buckets = view.getUint32(gnu, true);
  const first = view.getUint32(gnu + 4, true);
  const bloom = view.getUint32(gnu + 8, true);
  const bucketsAt = gnu + 16 + 8 * bloom;
  let last = 0;
  for (let n = 0; n < buckets; n++) last = Math.max(last, view.getUint32(bucketsAt + 4 * n, true));
  if (last < first) return first;
  const chains = bucketsAt + 4 * buckets;
  while ((view.getUint32(chains + 4 * (last - first), true) & 1) === 0) last++;
  return last + 1;
}
