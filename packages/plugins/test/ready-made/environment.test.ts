import { type MemoryInvention, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { type EnvironmentOptions, environment } from "../../src/mod.ts";

const STACK = 0x7ffc_0000_0000n;
const DATA = 0x60_0000n;
const HEAP = 0x61_0000n;
const word = (value: bigint | number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);

/** Strings on the stack, after argc, argv and the array of pointers to them; `environ` is the first word of the data. */
function taskWith(strings: readonly string[], more: readonly MemoryInvention[] = []) {
  const argument = STACK + 0x400n;
  const start = argument + 8n;
  const addresses = strings.map((_, n) => start + BigInt(strings.slice(0, n).join("").length + n));
  const page = Buffer.alloc(4096);
  Buffer.concat([1n, argument, 0n, ...addresses, 0n].map(word)).copy(page);
  page.write("program\0", 0x400);
  const end = 0x408 + page.write(strings.map((text) => `${text}\0`).join(""), 0x408);
  return {
    pid: 7,
    mm: {
      mm_start_stack: STACK,
      mm_arg_start: argument,
      mm_arg_end: start,
      mm_env_start: start,
      mm_env_end: STACK + BigInt(end),
    },
    memory: [{ start: DATA, content: word(STACK + 24n) }, ...more, { start: STACK, content: page }],
  };
}

/** What is written, as addresses and text; NULs at the end are left out. */
async function writes(variables: Record<string, string | null>, task = taskWith([]), options?: EnvironmentOptions) {
  const lines = await testPlugin(environment(variables, options), { stage: "RESTORE", task });
  return lines.map((line) => line.replace("7 RESTORE environment: copy", "").replace(/(\\0)+"/, '"'));
}

const refusals = async (variables: Record<string, string | null>, task = taskWith([]), options?: EnvironmentOptions) =>
  (await testPlan(environment(variables, options), { task })).map(({ severity, what, why }) => [severity, what, why]);

describe("environment", () => {
  it("writes a value that is not longer over the old one", async () => {
    expect(await writes({ A: "new" }, taskWith(["A=value", "B=2"]))).toEqual(['(0x7ffc00000408, "A=new")']);
  });

  it("leaves variables alone whose names only end or begin alike", async () => {
    expect(await writes({ A: "text" }, taskWith(["BA=long", "A=long", "AB=long"]))).toEqual([
      '(0x7ffc00000410, "A=text")',
    ]);
  });

  it("takes a variable out of the array, and out of what /proc shows", async () => {
    const lines = await writes({ A: null }, taskWith(["A=1", "B=2"]));
    expect(lines).toHaveLength(2);
    const printed = Buffer.from("B=2\0").toString("hex");
    expect(lines[0]).toMatch(new RegExp(`^\\(0x7ffbc0000000, \\[4096: \\w{32}${printed}0`));
    expect(lines[1]).toBe(`(0x7ffc00000018, [${Buffer.concat([word(STACK + 0x40cn), word(0)]).toString("hex")}])`);
  });

  it("gives a program a longer array, to which `environ` points", async () => {
    const lines = await writes({ C: "3" }, taskWith(["A=1"]));
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^\(0x600000, /);
  });

  it("gives a program its first variable", async () => {
    expect(await writes({ A: "1" }, taskWith([]))).toHaveLength(3);
  });

  it("refuses a longer value in place of a string that an unknown allocator may free", async () => {
    const allocated = (before: bigint) => [
      {
        start: HEAP,
        content: Buffer.concat([word(0), word(before), Buffer.from("A=1\0".padEnd(24, "\0")), word(0x21)]),
      },
    ];
    const task = (before: bigint) => {
      const { memory, ...rest } = taskWith(["A=0"], allocated(before));
      const data = { start: DATA, content: Buffer.concat([word(STACK + 24n), word(HEAP + 16n), word(0)]) };
      return { ...rest, memory: [data, ...memory.slice(1)] };
    };
    const why = "the program may free its memory, and not with the malloc of glibc";
    expect(await refusals({ A: "longer".repeat(9) }, task(0n))).toEqual([["refused", "variable A", why]]);
    expect(await refusals({ A: "longer".repeat(9) }, task(0x21n))).toEqual([]);
  });

  it("refuses a program without a known `environ`, and the removal of what nothing has", async () => {
    const { memory, ...rest } = taskWith(["A=1"]);
    const [found] = await refusals({ B: "2" }, { ...rest, memory: memory.slice(1) });
    expect(found).toEqual(["refused", "variable B", expect.stringContaining("no `environ` was found")]);
    expect(await refusals({ B: null }, taskWith(["A=1"]))).toEqual([["refused", "variable B", "no task has it"]]);
    expect(await refusals({ B: null }, taskWith(["A=1"]), { ifMissing: "accept" })).toEqual([]);
  });

  it("changes only the chosen tasks", async () => {
    expect(await writes({ A: "2" }, taskWith(["A=1"]), { pids: [8] })).toEqual([]);
  });

  it("does not take what cannot be a variable", () => {
    expect(() => environment({ "A=B": "1" })).toThrow("it is not a name");
    expect(() => environment({ A: "1\0" })).toThrow("Cannot set A: its value contains a NUL");
    expect(() => environment({ A: "x".repeat(131_070) })).toThrow("Cannot set A: its value is too long");
    expect(() => environment({ A: undefined as never })).toThrow("expected a string, or null to remove it");
  });
});
