import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as abi from "../../src/abi/mod.ts";
import { temporaryDirectory } from "../support.ts";

export type Table = Readonly<Record<string, number | bigint>>;

/** What the C compiler is asked, and the value that these tables give. */
type Expressions = Readonly<Record<string, number | bigint>>;

const exported: Readonly<Record<string, unknown>> = abi;

/** What is compared with a header: tables, and the names of single numbers. */
export const compared = new Set<unknown>();

/** `PROT.READ` is PROT_READ; `special` gives the C expressions of the members that follow another rule. */
export function prefixed(prefix: string, table: Table, special: Readonly<Record<string, string>> = {}): Expressions {
  compared.add(table);
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [special[name] ?? `${prefix}${name}`, value]));
}

/** Offsets of the members of a struct, and its size; `special` as above. */
export function layout(struct: string, table: Table, special: Readonly<Record<string, string>> = {}): Expressions {
  compared.add(table);
  const expression = (name: string) => (name === "size" ? `sizeof(${struct})` : `offsetof(${struct}, ${name})`);
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [special[name] ?? expression(name), value]));
}

/** Exports that are one number, by the C expressions that they stand for. */
export function single(expressions: Readonly<Partial<Record<keyof typeof abi, string>>>): Expressions {
  const entries = Object.entries(expressions) as [keyof typeof abi, string][];
  for (const [name] of entries) compared.add(name);
  return Object.fromEntries(entries.map(([name, expression]) => [expression, exported[name] as number | bigint]));
}

export function numbered(names: readonly string[]): Expressions {
  return Object.fromEntries(names.map((name, number) => [name, number]));
}

/** Tables that are compared with the same headers. */
export interface Group {
  readonly headers: readonly string[];
  readonly expressions: Expressions;
  /** Headers older than the tables may know none of it. */
  readonly recent?: boolean;
}

/** The values that a C compiler has for expressions; those that its headers do not know are left out. */
export function valuesInHeaders(
  headers: readonly string[],
  expressions: readonly string[],
): ReadonlyMap<string, bigint> {
  const folder = temporaryDirectory();
  const program = join(folder, "probe");
  let wanted = expressions;
  // Older headers lack some: what the compiler complains about is left out, until it is content.
  for (let round = 0; round < 20; round++) {
    const lines = wanted.map((text) => `printf("%s=%lld\\n", ${JSON.stringify(text)}, (long long)(${text}));`);
    const includes = [...headers, "stdio.h", "stddef.h"].map((header) => `#include <${header}>`);
    writeFileSync(`${program}.c`, `${includes.join("\n")}\nint main(void) {\n${lines.join("\n")}\nreturn 0; }\n`);
    const args = ["-w", "-D_GNU_SOURCE", "-fmax-errors=1000", "-o", program, `${program}.c`];
    const compiled = spawnSync("gcc", args, { encoding: "utf8", timeout: 60_000 });
    if (compiled.status === 0) break;
    const unknown = new Set(
      [...compiled.stderr.matchAll(/probe\.c:(\d+):\d+: error/g)].map(([, line]) => Number(line)),
    );
    const before = includes.length + 2;
    const rest = wanted.filter((_text, index) => !unknown.has(before + index));
    if (rest.length === wanted.length) throw new Error(compiled.stderr);
    wanted = rest;
  }
  const ran = spawnSync(program, { encoding: "utf8", timeout: 10_000 });
  const pairs = ran.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("=") as [string, string]);
  return new Map(pairs.map(([text, value]) => [text, BigInt(value)]));
}
