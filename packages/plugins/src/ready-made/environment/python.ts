import { type Changes, type Edit, stringOf } from "./edit.ts";
import { type SavedMemory, WORD } from "./saved-memory.ts";

/** The layout of bytes objects. Source: CPython, Include/cpython/bytesobject.h; the same from 3.3 on, without free threading. */
const TYPE = 8n;
const SIZE = 16n;
const CONTENT = 32n;

/** More references than a program gives up, and in all versions fewer than those of immortal objects. */
const REFERENCES = 1n << 30n;
const HASH_UNKNOWN = -1n;

/**
 * Changes values of `os.environ`, which Python fills when it starts: a dictionary of bytes objects. A word that points to the name is followed there by one that
 * points to the value, which gets the address of a new object.
 */
export function changeOsEnviron(
  edit: Edit,
  changes: Changes,
  values: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const { memory } = edit;
  return [...changes].flatMap(([name, value]) => {
    const names = memory.find([stringOf(name)]).map(({ address }) => address - CONTENT);
    const objects = names.filter((address) => readBytesObject(memory, address) === name);
    let found = false;
    for (const { at, to } of objects.length === 0 ? [] : memory.pointersTo(objects)) {
      const old = memory.word(at + WORD);
      const text = old === undefined ? undefined : readBytesObject(memory, old);
      if (old === undefined || text === undefined || values.get(name)?.has(text) !== true) continue;
      const type = memory.word(to + TYPE);
      if (value === null || type === undefined || memory.word(old + TYPE) !== type) continue;
      edit.writeWord(at + WORD, edit.put(bytesObject(type, value)));
      found = true;
    }
    return found ? [name] : [];
  });
}

function readBytesObject(memory: SavedMemory, address: bigint): string | undefined {
  const [references, size] = [memory.word(address), memory.word(address + SIZE)];
  if (address % 8n !== 0n || references === undefined || references === 0n || size === undefined) return undefined;
  const text = memory.text(address + CONTENT);
  return text !== undefined && BigInt(text.length) === size ? text : undefined;
}

function bytesObject(type: bigint, value: string): Uint8Array {
  const head = BigInt64Array.from([REFERENCES, BigInt.asIntN(64, type), BigInt(value.length), HASH_UNKNOWN]);
  return Buffer.concat([Buffer.from(head.buffer), stringOf(value)]);
}
