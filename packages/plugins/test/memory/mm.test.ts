import { definePlugin, type Plugin } from "@restage/core";
import { type PluginTest, rehearse, testDump, testPlugin } from "@restage/core/testing";
import { fdTypes } from "@restage/images";
import { PRCTL_MM_MAP } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { regularFiles } from "../../src/files/regular-file/restore.ts";
import { mm as mmOfDump } from "../../src/memory/mm/dump.ts";
import { decodeAuxiliaryVector, encodeAuxiliaryVector } from "../../src/memory/mm/format.ts";
import { mm } from "../../src/memory/mm/restore.ts";

/** What is recorded, without its beginning. */
async function texts(plugin: Plugin, test: PluginTest): Promise<string[]> {
  const lines = await testPlugin(plugin, { with: [regularFiles()], stage: "RESTORE", ...test });
  return lines.map((line) => line.replace(/^.*?: /, ""));
}

describe("the address space", () => {
  it("is described as it was, with the executable", async () => {
    const fields = Object.fromEntries(
      PRCTL_MM_MAP.fields.map((name, index) => [`mm_${name}`, BigInt(index + 1) << 16n]),
    );
    const task = { pid: 7, mm: { ...fields, mm_saved_auxv: [6n, 4096n, 0n, 0n] } };
    const { kernel } = await rehearse({ plugins: [regularFiles(), mm()], task });
    const steps = kernel.programs.flatMap(({ steps }) => steps);
    const [prctl] = steps.filter((step) => step.kind === "syscall" && step.name === "prctl");
    const map = prctl?.kind === "syscall" ? prctl.args[2] : undefined;
    const bytes =
      typeof map === "object" && map.kind === "address" ? map.data.bytes : new Uint8Array(PRCTL_MM_MAP.size);
    const view = new DataView(bytes.buffer);
    const words = PRCTL_MM_MAP.fields.map((_name, index) => view.getBigUint64(8 * index, true));
    expect(words).toEqual(Object.values(fields));
    expect(view.getUint32(PRCTL_MM_MAP.auxv_size, true)).toBe(32);
    const lines = await texts(mm(), { task });
    expect(lines).toEqual([
      '$1 = openat(AT_FDCWD, "/bin/program", O_CLOEXEC, 00)',
      `prctl(PR_SET_MM, 0xe, [104: +88: [${Buffer.from(BigUint64Array.of(6n, 4096n, 0n, 0n).buffer).toString("hex")}], +100: $1], 0x68, NULL)`,
      "close($1)",
    ]);
  });
});

describe("the format of the auxiliary vector", () => {
  it("is the same after it was decoded and encoded, without the zeros at its end", () => {
    const words = [6n, 4096n, 3n, 0n];
    const bytes = encodeAuxiliaryVector([...words, 0n, 0n, 0n, 0n]);
    expect(decodeAuxiliaryVector(bytes)).toEqual(words);
    expect(encodeAuxiliaryVector(words)).toEqual(bytes.slice(0, 32));
  });

  it("has at most the 46 words that CRIU accepts", () => {
    expect(decodeAuxiliaryVector(encodeAuxiliaryVector(new Array<bigint>(60).fill(1n)))).toHaveLength(46);
  });
});

describe("a checkpoint", () => {
  it("saves the mm fields, the auxiliary vector and the executable", async () => {
    const files = definePlugin({
      name: "files",
      dump: ({ describeFile }) => describeFile.tap("files", () => ({ type: fdTypes.REG })),
    });
    const { context } = await testDump(mmOfDump(), {
      with: [files],
      task: {
        pid: 7,
        links: { exe: "/bin/program" },
        leader: { answers: { brk: { result: 0x5000 }, prctl: { result: 1 } } },
      },
      host: {
        inodes: { "/proc/7/exe": { mode: 0o100755 } },
        bytes: { "/proc/7/auxv": encodeAuxiliaryVector([6n, 4096n, 0n, 0n]) },
      },
    });
    const { mm: saved } = context?.tree.root ?? {};
    expect(Object.keys(saved ?? {})).toEqual(expect.arrayContaining(PRCTL_MM_MAP.fields.map((name) => `mm_${name}`)));
    expect(saved).toMatchObject({ mm_brk: 0x5000n, mm_saved_auxv: [6n, 4096n], thp_disabled: true });
    expect(context?.files.all.map(({ id, link }) => [id, link])).toEqual([[saved?.exe_file_id, "/bin/program"]]);
  });
});
