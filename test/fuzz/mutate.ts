import {
  type AnyMessage,
  type CompiledField,
  decodeImage,
  encodeImage,
  type Image,
  ImageError,
  imageKinds,
  parseImageFileName,
} from "@restage/images";
import { oddValue } from "./odd-values.ts";
import type { Random } from "./random.ts";

type Value = Readonly<Record<string, unknown>>;

/** An image with one change. */
export interface Mutation {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** What was changed, in words: `pstree.img entry 0 .pid: 20100 → 0`. */
  readonly change: string;
}

/** Changes one field of one image of a checkpoint. Each kind of image is as likely as another. */
export function mutate(read: (fileName: string) => Uint8Array, files: readonly string[], random: Random): Mutation {
  const kinds = new Map<string, string[]>();
  for (const file of files) {
    const kind = parseImageFileName(file)?.kind;
    if (kind === undefined || imageKinds[kind].message === undefined) continue;
    kinds.set(kind, [...(kinds.get(kind) ?? []), file]);
  }
  for (;;) {
    const fileName = random.oneOf(random.oneOf([...kinds.values()]));
    const bytes = read(fileName);
    const image = decodeImage(fileName, bytes);
    if ("payload" in image || image.entries.length === 0) continue;
    const { entries, change } = mutateEntries(image, random);
    try {
      const changed = encodeImage({ ...image, entries } as unknown as Image);
      // A change such as an empty list in the place of an empty one is none.
      if (Buffer.compare(changed, bytes) !== 0) return { fileName, bytes: changed, change: `${fileName} ${change}` };
    } catch (error) {
      // A required field is missing, or a payload does not have the length that the entry says: that is what fuzzing of bytes tries.
      if (!(error instanceof ImageError)) throw error;
    }
  }
}

function mutateEntries(image: Image, random: Random) {
  const entries = image.entries as readonly { readonly value: unknown }[];
  const index = random.below(entries.length);
  const entry = entries[index]!;
  if (entries.length > 1 && random.below(12) === 0) return listWithout(entries, index, random);
  const { message, first } = imageKinds[image.kind];
  const type = (index === 0 ? (first ?? message) : message) as AnyMessage;
  const { value, change } = mutateMessage(type, entry.value as Value, random);
  return { entries: entries.with(index, { ...entry, value }), change: `entry ${index} ${change}` };
}

function mutateMessage(type: AnyMessage, value: Value, random: Random): { value: Value; change: string } {
  const field = random.oneOf(type.tables().ordered);
  const { value: item, change } = mutateField(field, value[field.name], random);
  const { [field.name]: _, ...others } = value;
  return {
    // Fields of other types that a newer CRIU wrote are under a symbol, which the spread copies.
    value: item === undefined ? others : { ...others, [field.name]: item },
    change: `.${field.name}${change}`,
  };
}

function mutateField(field: CompiledField, item: unknown, random: Random): { value: unknown; change: string } {
  if (field.repeated) return mutateList(field, (item ?? []) as readonly unknown[], random);
  if (item !== undefined && !field.required && random.below(8) === 0) return { value: undefined, change: ": removed" };
  return mutateItem(field, item, random);
}

function mutateItem(field: CompiledField, item: unknown, random: Random): { value: unknown; change: string } {
  if (field.message !== undefined) return mutateMessage(field.message, (item ?? {}) as Value, random);
  const value = oddValue(field, item, random);
  return { value, change: `: ${shown(item)} → ${shown(value)}` };
}

function mutateList(
  field: CompiledField,
  list: readonly unknown[],
  random: Random,
): { value: unknown; change: string } {
  if (list.length === 0) {
    const { value, change } = mutateItem(field, undefined, random);
    return { value: [value], change: `[0]${change}` };
  }
  const index = random.below(list.length);
  if (random.below(4) === 0) {
    const { entries, change } = listWithout(list, index, random);
    return { value: entries, change: ` ${change}` };
  }
  const { value, change } = mutateItem(field, list[index], random);
  return { value: list.with(index, value), change: `[${index}]${change}` };
}

/** A list in which an item is missing, occurs twice, or has changed its place with the first one. */
function listWithout<T>(list: readonly T[], index: number, random: Random): { entries: readonly T[]; change: string } {
  const item = list[index]!;
  switch (random.below(3)) {
    case 0:
      return { entries: list.toSpliced(index, 1), change: `entry ${index} removed` };
    case 1:
      return { entries: [...list, item], change: `entry ${index} repeated` };
    default:
      return { entries: list.with(index, list[0]!).with(0, item), change: `entry ${index} put first` };
  }
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes ${Buffer.from(value.subarray(0, 8)).toString("hex")}`;
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  return String(value);
}
