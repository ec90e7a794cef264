import { type CompiledField, type FieldType, fieldTypes } from "@restage/images";
import type { Random } from "./random.ts";

const BIG = 2n ** 63n;

/** A value that a field seldom has, and that its type can hold. */
export function oddValue(field: CompiledField, value: unknown, random: Random): unknown {
  const { uint32, int32, sint32, uint64, int64, sint64, fixed64, bool, string, bytes, message } = fieldTypes;
  switch (field.type satisfies FieldType) {
    case uint32:
      return oddNumber((value as number | undefined) ?? 0, random) >>> 0;
    case int32:
    case sint32:
      return oddNumber((value as number | undefined) ?? 0, random) | 0;
    case uint64:
    case fixed64:
      return BigInt.asUintN(64, oddBigint((value as bigint | undefined) ?? 0n, random));
    case int64:
    case sint64:
      return BigInt.asIntN(64, oddBigint((value as bigint | undefined) ?? 0n, random));
    case bool:
      return value !== true;
    case string:
      return oddString((value as string | undefined) ?? "", random);
    case bytes:
      return oddBytes((value as Uint8Array | undefined) ?? new Uint8Array(), random);
    case message:
      return {};
    default:
      throw new Error(`Field ${field.name} has the unknown type ${field.type}`);
  }
}

function oddNumber(value: number, random: Random): number {
  const near = [value + 1, value - 1, value ^ (1 << random.below(32)), value * 2];
  const odd = [0, 1, 2, -1, 0x7fffffff, 0x80000000, 4096, 999_999_999, 1_000_000_000];
  return random.oneOf([...near, ...odd, random.below(2 ** 32)]);
}

function oddBigint(value: bigint, random: Random): bigint {
  const near = [value + 1n, value - 1n, value + 4096n, value - 4096n, value ^ (1n << BigInt(random.below(64)))];
  const odd = [0n, 1n, -1n, BIG, BIG - 1n, 1n << 32n, (1n << 47n) - 4096n, 1n << 47n, 1_000_000_000n];
  return random.oneOf([...near, ...odd]);
}

function oddString(value: string, random: Random): string {
  const near = [`${value}x`, value.slice(0, -1), `${value}\0`, `../${value}`, `/${value}`];
  return random.oneOf([...near, "", "/", ".", "\0", "\ufffd", "%s\n", "x".repeat(5000), "/nonexistent"]);
}

function oddBytes(value: Uint8Array, random: Random): Uint8Array {
  const flipped = value.slice();
  if (flipped.length > 0) flipped[random.below(flipped.length)] = random.below(256);
  const longer = Uint8Array.of(...value.subarray(0, 1000), random.below(256));
  return random.oneOf([flipped, flipped, value.subarray(0, -1), longer, new Uint8Array(), new Uint8Array(70_000)]);
}
