import { describe, expect, it } from "vitest";
import type { CgroupDirEntry, Timespec, Unknowns } from "../src/mod.ts";
import * as images from "../src/mod.ts";
import {
  bool,
  bytes,
  cgroupDirEntry,
  decodeMessage,
  embedded,
  encodeMessage,
  enumeration,
  fixed64,
  int32,
  int64,
  MAX_NESTING,
  Message,
  message,
  packed,
  pagemapEntry,
  pstreeEntry,
  repeated,
  required,
  sint32,
  sint64,
  string,
  timensEntry,
  uint32,
  uint64,
  unknownFields,
  vmaEntry,
} from "../src/mod.ts";
import { expectImageError, hex, toHex } from "./support.ts";

interface Inner extends Unknowns {
  readonly a: number;
  readonly b?: string;
}
const inner: Message<Inner> = message("inner", () => ({ a: uint32(1, required), b: string(2) }));
interface Every extends Unknowns {
  readonly u32?: number;
  readonly i32?: number;
  readonly s32?: number;
  readonly u64?: bigint;
  readonly i64?: bigint;
  readonly s64?: bigint;
  readonly f64?: bigint;
  readonly flag?: boolean;
  readonly text?: string;
  readonly data?: Uint8Array;
  readonly choice?: number;
  readonly nested?: Inner;
  readonly many: readonly number[];
  readonly run: readonly number[];
  readonly messages: readonly Inner[];
  readonly longs: readonly bigint[];
}
const every: Message<Every> = message("every", () => ({
  u32: uint32(1),
  i32: int32(2),
  s32: sint32(3),
  u64: uint64(4),
  i64: int64(5),
  s64: sint64(6),
  f64: fixed64(7),
  flag: bool(8),
  text: string(9),
  data: bytes(10),
  choice: enumeration(11),
  nested: embedded(12, inner),
  many: uint32(13, repeated),
  run: uint32(14, packed),
  messages: embedded(15, inner, repeated),
  longs: uint64(16, packed),
}));

/** A table that differs from its interface does not compile. The compiler checks this. */
export const different: readonly Message<Inner>[] = [
  // @ts-expect-error: no field for an optional property
  message("inner", () => ({ a: uint32(1, required) })),
  // @ts-expect-error: a field without a property
  message("inner", () => ({ a: uint32(1, required), b: string(2), c: string(3) })),
  // @ts-expect-error: another presence
  message("inner", () => ({ a: uint32(1), b: string(2) })),
  // @ts-expect-error: another type
  message("inner", () => ({ a: uint64(1, required), b: string(2) })),
];

describe("messages", () => {
  it("encode and decode every type of field", () => {
    const cases = [
      [{ u32: 150 }, "08 9601"],
      [{ u32: 0xffffffff }, "08 ffffffff0f"],
      [{ i32: -1 }, "10 ffffffffffffffffff01"],
      [{ i32: 0x7fffffff }, "10 ffffffff07"],
      [{ s32: -1 }, "18 01"],
      [{ s32: -0x80000000 }, "18 ffffffff0f"],
      [{ u64: 0xffffffffffffffffn }, "20 ffffffffffffffffff01"],
      [{ u64: 0n }, "20 00"],
      [{ u64: 0xffffffffff600000n }, "20 808080fbffffffffff01"],
      [{ i64: -0x8000000000000000n }, "28 80808080808080808001"],
      [{ s64: -1n }, "30 01"],
      [{ s64: -0x8000000000000000n }, "30 ffffffffffffffffff01"],
      [{ f64: 0xfedcba9876543210n }, "39 1032547698badcfe"],
      [{ flag: true }, "40 01"],
      [{ flag: false }, "40 00"],
      [{ text: "hé" }, "4a 03 68c3a9"],
      [{ text: "" }, "4a 00"],
      [{ data: hex("00ff") }, "52 02 00ff"],
      [{ choice: 65534 }, "58 feff03"],
      [{ nested: { a: 1, b: "x" } }, "62 05 0801 1201 78"],
      [{ many: [1, 300] }, "68 01 68 ac02"],
      [{ run: [1, 300] }, "72 03 01 ac02"],
      [{ messages: [{ a: 1 }, { a: 2 }] }, "7a 02 0801 7a 02 0802"],
      [{ longs: [1n, 0xffffffffffffffffn] }, "8201 0b 01 ffffffffffffffffff01"],
    ] as const;
    for (const [value, encoded] of cases) {
      expect(toHex(encodeMessage(every, value))).toBe(encoded.replaceAll(" ", ""));
      expect(decodeMessage(every, hex(encoded))).toEqual({ many: [], run: [], messages: [], longs: [], ...value });
    }
  });

  it("accept packed fields unpacked, and unpacked fields packed", () => {
    expect(decodeMessage(every, hex("6a 03 01 ac02")).many).toEqual([1, 300]);
    expect(decodeMessage(every, hex("70 01 70 ac02")).run).toEqual([1, 300]);
    expect(decodeMessage(every, hex("68 05 6a 01 06 68 07")).many).toEqual([5, 6, 7]);
    expect(toHex(encodeMessage(every, { many: [], run: [] }))).toBe("");
  });

  it("keep unknown fields in order", () => {
    interface Small extends Unknowns {
      readonly a: number;
      readonly z?: number;
    }
    const small: Message<Small> = message("small", () => ({ a: uint32(2, required), z: uint32(9) }));
    const encoded = hex("08 05  10 01  1a 02 abcd  25 01020304  29 0102030405060708  48 07  a201 00  ab01 0801 ac01");
    const value = decodeMessage(small, encoded);
    expect(value[unknownFields]!.map((field) => [field.number, field.wireType, toHex(field.data)])).toEqual([
      [1, 0, "05"],
      [3, 2, "02abcd"],
      [4, 5, "01020304"],
      [5, 1, "0102030405060708"],
      [20, 2, "00"],
      [21, 3, "0801ac01"],
    ]);
    expect(toHex(encodeMessage(small, value))).toBe(toHex(encoded));
    expect(toHex(encodeMessage(small, { ...value, a: 3 }))).toBe(toHex(encoded).replace("1001", "1003"));
  });

  it("name a missing required field", () => {
    expect(
      expectImageError("ERR_IMAGE_FIELD", () => decodeMessage(pstreeEntry, hex("08 01 10 00 18 01"))).message,
    ).toContain("pstree_entry.sid: this required field is missing");
    expect(expectImageError("ERR_IMAGE_FIELD", () => decodeMessage(every, hex("62 00"))).message).toContain(
      "inner.a: this required field is missing",
    );
    expect(expectImageError("ERR_IMAGE_FIELD", () => encodeMessage(inner, {} as { a: number })).message).toContain(
      "inner.a: this required field is missing",
    );
  });

  it("refuse times that the kernel does not accept, and name the field", () => {
    const time = { tv_sec: 1n, tv_nsec: 999_999_999n };
    const decoded = (monotonic: Timespec) =>
      decodeMessage(timensEntry, encodeMessage(timensEntry, { monotonic, boottime: time }));
    expect(decoded(time).monotonic).toEqual(time);
    expect(expectImageError("ERR_IMAGE_FIELD", () => decoded({ ...time, tv_nsec: 1_000_000_000n })).message).toContain(
      "timespec.tv_nsec: expected less than 1000000000, found 1000000000",
    );
    expect(expectImageError("ERR_IMAGE_FIELD", () => decoded({ ...time, tv_sec: 2n ** 63n })).message).toContain(
      "timespec.tv_sec",
    );
  });

  it("with a field of the wrong wire type are refused", () => {
    for (const bad of [
      "0a 00",
      "09 0000000000000000",
      "4d 00000000",
      "48 01",
      "60 01",
      "69 0000000000000000",
      "78 01",
    ]) {
      expect(expectImageError("ERR_IMAGE_FIELD", () => decodeMessage(every, hex(bad))).message).toContain(
        "expected wire type",
      );
    }
  });

  it("with malformed bytes are refused", () => {
    const bad = [
      "08",
      "08 80",
      "08 8080808080808080808001",
      "20 8080808080808080808001",
      "4a 05 61",
      "4a ffffffff0f 61",
      "62 7f 08",
      "62 02 08",
      "39 0102",
      "72 03 01",
      "72 01 80",
      "00 00",
      "f601 00",
      "f801",
      "c201 05 00",
      "ab01 08",
      "f401",
      "82",
      "40",
      "40 80",
      "52 8080808001",
    ];
    for (const text of bad) expectImageError("ERR_IMAGE_MALFORMED", () => decodeMessage(every, hex(text)));
  });

  it("with a nested message that exceeds its length are refused", () => {
    // The string claims 3 bytes, but the last one belongs to the outer message.
    const error = expectImageError("ERR_IMAGE_MALFORMED", () => decodeMessage(every, hex("62 06 0801 12 03 6161 48")));
    expect(error.message).toContain("inner.b");
  });

  it("nested too deeply are refused", () => {
    let deep: CgroupDirEntry = { dir_name: "x", children: [], properties: [] };
    for (let i = 0; i < MAX_NESTING; i++) deep = { dir_name: "x", children: [deep], properties: [] };
    expect(decodeMessage(cgroupDirEntry, encodeMessage(cgroupDirEntry, deep))).toEqual(deep);
    expectImageError("ERR_IMAGE_LIMIT", () =>
      encodeMessage(cgroupDirEntry, { dir_name: "x", children: [deep], properties: [] }),
    );
    let encoded = hex("0a0178");
    for (let i = 0; i < MAX_NESTING + 1; i++) {
      const head: number[] = [0x0a, 1, 0x78, 0x12];
      for (let length = encoded.length; ; length >>>= 7) {
        head.push(length > 0x7f ? (length & 0x7f) | 0x80 : length);
        if (length <= 0x7f) break;
      }
      encoded = Uint8Array.of(...head, ...encoded);
    }
    expectImageError("ERR_IMAGE_LIMIT", () => decodeMessage(cgroupDirEntry, encoded));
  });

  it("with values that do not fit their fields are not encoded", () => {
    const bad: unknown[] = [
      { u32: -1 },
      { u32: 2 ** 32 },
      { u32: 1.5 },
      { i32: 2 ** 31 },
      { u64: 1 },
      { u64: -1n },
      { u64: 2n ** 64n },
      { i64: 2n ** 63n },
      { s64: "1" },
      { f64: -1n },
      { flag: 1 },
      { text: 5 },
      { data: [1] },
      { nested: 3 },
      { nested: null },
      { many: [-1] },
    ];
    for (const value of bad) expectImageError("ERR_IMAGE_FIELD", () => encodeMessage(every, value as object));
  });

  it("keep text that is not valid UTF-8", () => {
    for (const text of [
      "c3",
      "ff61",
      "61c3a9e2",
      "edb280",
      "f0908080",
      "efbbbf61",
      "f09f9880ff",
      "f09f9280",
      "fff09f9280ff",
      "c080",
    ]) {
      const encoded = hex(`4a ${(text.length / 2).toString(16).padStart(2, "0")} ${text}`);
      const value = decodeMessage(every, encoded);
      expect(toHex(encodeMessage(every, value)), text).toBe(toHex(encoded));
    }
    expect(decodeMessage(every, hex("4a 02 ff61")).text).toBe("\udcffa");
  });

  it("keep the last of several values of a field that is not repeated", () => {
    expect(decodeMessage(every, hex("08 01 08 02")).u32).toBe(2);
  });

  it("have CRIU's field numbers", () => {
    const numbers = (type: Message<unknown>): Record<string, number> =>
      Object.fromEntries(type.tables().ordered.map((field) => [field.name, field.number]));
    expect(numbers(vmaEntry)).toEqual({
      start: 1,
      end: 2,
      pgoff: 3,
      shmid: 4,
      prot: 5,
      flags: 6,
      status: 7,
      fd: 8,
      madv: 9,
      fdflags: 10,
    });
    expect(numbers(pagemapEntry)).toEqual({ vaddr: 1, compat_nr_pages: 2, in_parent: 3, flags: 4, nr_pages: 5 });
  });

  it("use each field number once, and have tables without holes", () => {
    const types = Object.values(images).filter((value) => value instanceof Message);
    expect(types.length).toBeGreaterThan(150);
    for (const type of types) {
      const { ordered, byNumber } = type.tables();
      expect(new Set(ordered.map((field) => field.number)).size, type.name).toBe(ordered.length);
      for (const field of ordered) expect(byNumber[field.number], `${type.name}.${field.name}`).toBe(field);
    }
  });
});
