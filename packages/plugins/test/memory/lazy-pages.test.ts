import { image, type PluginTest, testPlan, testPlugin } from "@restage/core/testing";
import { pageFlags } from "@restage/images";
import { MAP, PROT } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { regularFiles } from "../../src/files/regular-file/restore.ts";
import { decodeLazyWord, encodeLazyWord, type LazyWord } from "../../src/memory/lazy-pages/format.ts";
import { lazyPages } from "../../src/memory/lazy-pages/restore.ts";
import { privateMemory } from "../../src/memory/private-memory/restore.ts";

const { PE_LAZY, PE_PRESENT } = pageFlags;

/** A task with three mappings: lazy pages in the first, present ones in the first and second. */
const vmas = [
  { start: 0x10000n, end: 0x14000n },
  { start: 0x20000n, end: 0x21000n },
  { start: 0x30000n, end: 0x31000n },
];
const runs = [
  { vaddr: 0x10000n, nr_pages: 1n, compat_nr_pages: 0, flags: PE_PRESENT },
  { vaddr: 0x11000n, nr_pages: 2n, compat_nr_pages: 0, flags: PE_PRESENT | PE_LAZY },
  { vaddr: 0x20000n, nr_pages: 1n, compat_nr_pages: 0, flags: PE_PRESENT },
];
const test: PluginTest = {
  with: [regularFiles(), privateMemory()],
  task: { pid: 7, vmas },
  images: [
    image("pagemap", [{ pages_id: 1 }, ...runs], 7),
    { fileName: "pages-1.img", bytes: new Uint8Array(4 * 4096) },
  ],
  options: { lazyPages: "/run/lazy-pages.socket" },
};

/** The recorded calls of a plugin in RESTORE. */
async function calls(plugin: ReturnType<typeof lazyPages>, changes: PluginTest = {}): Promise<readonly string[]> {
  const lines = await testPlugin(plugin, { ...test, ...changes, stage: "RESTORE" });
  return lines.map((line) => line.replace(/^.*?: /, ""));
}

describe("lazy pages", () => {
  it("are watched by the task in mappings that have some", async () => {
    const made = (await calls(lazyPages())).filter((line) => line.includes("$1") || line.includes("userfaultfd"));
    expect(made).toEqual([
      "userfaultfd(O_NONBLOCK|O_CLOEXEC)",
      expect.stringMatching(/^ioctl\(\$1, 0xc020aa00, \[0000010000000000004000000000000001/),
      "close($1)",
    ]);
  });

  it("are not read before the task runs, and the others are", async () => {
    const plugin = privateMemory();
    const reads = (await calls(plugin, { with: [regularFiles(), lazyPages()] })).filter((line) =>
      line.includes("preadv"),
    );
    expect(reads).toEqual([
      "preadv($1, [{0x10000, 4096}], 1, 0x0) expects 4096",
      "preadv($1, [{0x20000, 4096}], 1, 0x3000) expects 4096",
    ]);
  });

  it("without the option are nothing to it", async () => {
    expect(await calls(lazyPages(), { options: {} })).toEqual([]);
  });

  it("outside of private anonymous memory are refused", async () => {
    const locked = [{ ...vmas[0], flags: MAP.PRIVATE | MAP.ANONYMOUS | MAP.LOCKED, prot: PROT.READ } as const];
    const findings = await testPlan(lazyPages(), { ...test, task: { pid: 7, vmas: locked } });
    expect(findings).toMatchObject([{ severity: "refused", what: "lazy pages at 11000" }]);
  });

  it("that only a page server has are refused without a daemon", async () => {
    const images = [image("pagemap", [{ pages_id: 1 }, { ...runs[1], flags: PE_LAZY }], 7)];
    const found = { ...test, images, with: [regularFiles()] };
    expect(await testPlan(privateMemory(), { ...found, options: {} })).toMatchObject([
      { severity: "refused", why: expect.stringContaining("page server") },
    ]);
    expect(await testPlan(privateMemory(), found)).toEqual([]);
  });
});

it("words of a restore to its daemon are the same after encoding and decoding", () => {
  const words: readonly LazyWord[] = [
    { kind: "task", pid: 4_000_000 },
    { kind: "zombie", pid: 7 },
    { kind: "finished" },
  ];
  for (const word of words) expect(decodeLazyWord(encodeLazyWord(word))).toEqual(word);
  expect(Buffer.from(encodeLazyWord({ kind: "finished" })).toString("latin1")).toBe("FTSR");
});
