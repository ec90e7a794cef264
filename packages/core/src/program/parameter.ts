import type { Data, DataField, Operand } from "@restage/linux";
import { AT_FDCWD } from "@restage/linux/abi";
import { addressOf, cString, data, type Value } from "./deferred.ts";

/** How an argument of a call is passed, and how it is printed. */
export interface Parameter<T> {
  /** What is wrong with a value; undefined when it can be passed. */
  readonly problem: (value: unknown) => string | undefined;
  readonly encode: (value: T) => Operand;
  readonly print: (operand: Operand, names: (operand: Operand) => string | undefined) => string;
}

type Names = (operand: Operand) => string | undefined;

function encodeValue(value: Value): Operand {
  return value;
}

/** What is wrong with something that must be a number, or the result of an earlier call. */
export function problemOfValue(value: unknown): string | undefined {
  switch (typeof value) {
    case "bigint":
      return undefined;
    case "number":
      return Number.isInteger(value) ? undefined : `${value}, not an integer`;
    case "object": {
      const kind = (value as Partial<Operand & object> | null)?.kind;
      return kind === "result" || kind === "loaded" || kind === "address" ? undefined : notNumber(value);
    }
    default:
      return notNumber(value);
  }
}

function notNumber(value: unknown): string {
  return value === undefined ? "undefined" : `${shown(value)}, not a number`;
}

/** A value in a message. */
export function shown(value: unknown): string {
  if (value === null || typeof value !== "object")
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  return Array.isArray(value) ? "a list" : "an object";
}

function printWord(operand: Operand, names: Names, format: (word: bigint) => string): string {
  if (typeof operand === "object") return names(operand) ?? "?";
  return format(BigInt(operand));
}

/** A signed decimal number. */
export const int: Parameter<Value> = {
  problem: problemOfValue,
  encode: encodeValue,
  print: (operand, names) => printWord(operand, names, String),
};

/** A descriptor. */
export const fd: Parameter<Value> = int;

/** A directory's descriptor: -100 is the working directory. */
export const dirfd: Parameter<Value> = {
  problem: problemOfValue,
  encode: encodeValue,
  print: (operand, names) => (operand === AT_FDCWD ? "AT_FDCWD" : int.print(operand, names)),
};

/** A mode in octal. */
export const mode: Parameter<Value> = {
  problem: problemOfValue,
  encode: encodeValue,
  print: (operand, names) => printWord(operand, names, (word) => `0${word.toString(8)}`),
};

/** A number or an address in hexadecimal. */
export const address: Parameter<Value> = {
  problem: problemOfValue,
  encode: encodeValue,
  print: (operand, names) => printWord(operand, names, (word) => (word === 0n ? "NULL" : `0x${word.toString(16)}`)),
};

/** An offset in a file, in hexadecimal. */
export const offset: Parameter<Value> = {
  problem: problemOfValue,
  encode: encodeValue,
  print: (operand, names) => printWord(operand, names, (word) => `0x${word.toString(16)}`),
};

/** A path or another NUL-terminated string; NULL where there is none. */
export const text: Parameter<string | undefined> = {
  problem: (value) => (value === undefined || typeof value === "string" ? undefined : `${shown(value)}, not a string`),
  encode: (value) => (value === undefined ? 0 : addressOf(cString(value))),
  print: (operand) => {
    if (typeof operand !== "object" || operand.kind !== "address") return "NULL";
    return JSON.stringify(new TextDecoder().decode(operand.data.bytes.subarray(operand.offset, -1)));
  },
};

/** Bytes for the kernel to read or to fill; a number is an address in the task itself. */
export const pointer: Parameter<Uint8Array | Data | Value> = {
  problem: (value) => (isBytes(value) ? undefined : problemOfValue(value)),
  encode(value) {
    if (typeof value !== "object") return value;
    if (value instanceof Uint8Array) return addressOf(data(value));
    return value.kind === "data" ? addressOf(value) : value;
  },
  print(operand, names) {
    if (typeof operand !== "object" || operand.kind !== "address") return address.print(operand, names);
    const { bytes, output, fields } = operand.data;
    if (output) return `[${bytes.length}]`;
    if (fields.length > 0) return printFields(operand.data, names);
    return printBytes(bytes);
  },
};

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || (value as Partial<Data> | null | undefined)?.kind === "data";
}

const MAX_TEXT = 256;

/** At least four printable characters, which NULs can follow. */
const TEXT = /^[ -~]{4,}\0*$/;

function printBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  // As in C.
  if (bytes.length <= MAX_TEXT && TEXT.test(text)) return JSON.stringify(text).replaceAll("\\u0000", "\\0");
  const hex = Array.from(bytes.subarray(0, 32), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return bytes.length > 32 ? `[${bytes.length}: ${hex}...]` : `[${hex}]`;
}

function printFields(target: Data, names: Names): string {
  const parts = target.fields.map(({ offset, value }) => {
    if (typeof value === "object" && value.kind === "address") return `+${offset}: ${pointer.print(value, names)}`;
    return `+${offset}: ${address.print(value, names)}`;
  });
  return `[${target.bytes.length}: ${parts.join(", ")}]`;
}

/** One of the values of a table, by name. */
export function oneOf(prefix: string, table: Readonly<Record<string, number | bigint>>): Parameter<Value> {
  return {
    problem: problemOfValue,
    encode: encodeValue,
    print: (operand, names) =>
      printWord(operand, names, (word) => {
        for (const [name, value] of Object.entries(table)) if (BigInt(value) === word) return `${prefix}${name}`;
        return String(word);
      }),
  };
}

/**
 * Bits of a table, by name.
 *
 * @param none what is printed when there are none.
 */
export function flags(prefix: string, table: Readonly<Record<string, number>>, none = "0"): Parameter<Value> {
  return {
    problem: problemOfValue,
    encode: encodeValue,
    print: (operand, names) =>
      printWord(operand, names, (word) => {
        let rest = word;
        const found: string[] = [];
        for (const [name, value] of Object.entries(table)) {
          const bits = BigInt(value);
          if (bits === 0n || (rest & bits) !== bits) continue;
          found.push(`${prefix}${name}`);
          rest &= ~bits;
        }
        if (rest !== 0n || found.length === 0) found.push(rest === 0n ? none : `0x${rest.toString(16)}`);
        return found.join("|");
      }),
  };
}

/** A value that `encode` turns into bytes, and `print` prints; NULL where there is none. */
export function structure<T>(
  encode: (value: T) => Data,
  print: (bytes: DataView, fields: readonly DataField[]) => string,
): Parameter<T> {
  return {
    problem: (value) => {
      const fits = value === undefined || (typeof value === "object" && value !== null);
      return fits ? undefined : `${shown(value)}, not an object`;
    },
    encode: (value) => (value === undefined ? 0 : addressOf(encode(value))),
    print: (operand, names) => {
      if (typeof operand !== "object" || operand.kind !== "address") return address.print(operand, names);
      const { bytes, fields } = operand.data;
      return print(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), fields);
    },
  };
}
