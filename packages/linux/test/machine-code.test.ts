import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TRAMPOLINE, trampolineCode } from "../src/host/trampoline-x86-64.ts";
import { INTERPRETER_OFFSETS, interpreterCode } from "../src/program/interpreter-x86-64.ts";
import { copyCode } from "../src/seizer/copy-code-x86-64.ts";
import { probeCode } from "../src/seizer/landlock-probe-x86-64.ts";
import { stubBootAddress, stubElf } from "../src/stub/stub-x86-64.ts";
import { isInstalled, needing, temporaryDirectory } from "./support.ts";

const there = isInstalled("as") && isInstalled("objcopy");
const ELF_HEADERS = 64 + 56;
const PADDING = 0xcc;

/** The assembly in the comments of a source file: one listing for each comment with indented lines. */
function listingsOf(file: string): string[] {
  const source = readFileSync(join(import.meta.dirname, "../src", file), "utf8");
  const comments = [...source.matchAll(/\/\*\*(.*?)\*\//gs)].map(([, comment = ""]) => comment);
  const code = comments.map((comment) => {
    const lines = comment.split("\n").map((line) => line.replace(/^ \* ?/, ""));
    // Only what stands apart from the text: indented lines, with their labels.
    return lines.filter((line) => /^ {2,}\S/.test(line)).join("\n");
  });
  return code.filter((listing) => listing !== "");
}

/** The machine code of a listing in the notation of the comments. */
function assemble(listing: string): Uint8Array {
  const folder = temporaryDirectory();
  const file = join(folder, "code");
  const text = listing
    .replaceAll(/\((read|exit_group)\)/g, "")
    .replaceAll(/\b(byte|word|dword|qword) \[/g, "$1 ptr [")
    .replaceAll(/\.balign (\d+)/g, `.balign $1, ${PADDING}`);
  writeFileSync(`${file}.s`, `.intel_syntax noprefix\n${text}\n`);
  for (const command of [
    ["as", "--64", "-o", `${file}.o`, `${file}.s`],
    ["objcopy", "-O", "binary", "-j", ".text", `${file}.o`, file],
  ]) {
    const [name = "", ...args] = command;
    const ran = spawnSync(name, args, { encoding: "utf8", timeout: 30_000 });
    if (ran.status !== 0) throw new Error(`${name}: ${ran.stderr}\n${text}`);
  }
  return new Uint8Array(readFileSync(file));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe.skipIf(!there)(needing(there, "machine code", "as and objcopy"), () => {
  it("of the interpreter equals its listing", () => {
    const [listing = ""] = listingsOf("program/interpreter-x86-64.ts");
    const code = assemble(listing);
    expect(hex(interpreterCode())).toBe(hex(code));
    expect(hex(code.subarray(INTERPRETER_OFFSETS.single))).toBe("0f05cc");
    expect(INTERPRETER_OFFSETS.single % 16).toBe(0);
  });

  it("of the trampolines equals their listings", () => {
    const listings = listingsOf("host/trampoline-x86-64.ts");
    const { rawSyscall, spawn, cpuid, size } = TRAMPOLINE;
    const page = trampolineCode();
    expect(listings).toHaveLength(3);
    for (const [index, [start, end]] of [
      [rawSyscall, spawn],
      [spawn, cpuid],
      [cpuid, size],
    ].entries()) {
      const code = assemble(listings[index] ?? "");
      const padded = new Uint8Array((end ?? 0) - (start ?? 0)).fill(PADDING);
      padded.set(code);
      expect(hex(page.subarray(start, end))).toBe(hex(padded));
    }
  });

  it("of the probe for Landlock equals its listing", () => {
    const [listing = ""] = listingsOf("seizer/landlock-probe-x86-64.ts");
    expect(hex(probeCode())).toBe(hex(assemble(listing)));
  });

  it("of a process's copy equals its listing", () => {
    const [listing = ""] = listingsOf("seizer/copy-code-x86-64.ts");
    expect(hex(copyCode())).toBe(hex(assemble(listing)));
  });

  it("of the stub equals its listing", () => {
    const [listing = ""] = listingsOf("stub/stub-x86-64.ts");
    const address = 0x10_0000;
    const lifeline = 0x1234;
    const elf = stubElf(address, lifeline);
    const assembled = assemble(`.set LIFELINE, ${lifeline}\n${listing}`);
    expect(hex(elf.subarray(ELF_HEADERS))).toBe(hex(assembled));
    // What runs first there is the `syscall` behind the label `boot`.
    const boot = stubBootAddress(address) - address;
    expect(hex(elf.subarray(boot, boot + 2))).toBe("0f05");
    const behind = assemble(`.set LIFELINE, ${lifeline}\n${listing.replace(/boot:.*/s, "")}`);
    expect(boot - ELF_HEADERS).toBe(behind.length);
  });
});

describe("stubElf", () => {
  it("is a static program of one readable and executable segment that covers the file", () => {
    const address = 0x7e00_0000_0000;
    const elf = stubElf(address, 3);
    const view = new DataView(elf.buffer);
    expect(hex(elf.subarray(0, 7))).toBe("7f454c46020101");
    expect(view.getBigUint64(24, true)).toBe(BigInt(address + ELF_HEADERS));
    expect([view.getUint16(54, true), view.getUint16(56, true)]).toEqual([56, 1]);
    expect([view.getUint32(64, true), view.getUint32(68, true)]).toEqual([1, 5]);
    expect(view.getBigUint64(80, true)).toBe(BigInt(address));
    expect([view.getBigUint64(96, true), view.getBigUint64(104, true)]).toEqual([
      BigInt(elf.length),
      BigInt(elf.length),
    ]);
  });
});
