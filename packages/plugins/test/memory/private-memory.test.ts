import { definePlugin, type Plugin } from "@restage/core";
import {
  image,
  type PluginTest,
  rehearse,
  scaffold,
  type TaskInvention,
  testDump,
  testPlan,
  testPlugin,
} from "@restage/core/testing";
import { pageFlags, vmaStatus } from "@restage/images";
import { MADV, MAP, PROT } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { regularFiles } from "../../src/files/regular-file/restore.ts";
import { mappings } from "../../src/memory/mappings/dump.ts";
import { privateMemory as privateMemoryOfDump } from "../../src/memory/private-memory/dump.ts";
import { privateMemory } from "../../src/memory/private-memory/restore.ts";

const { VMA_AREA_REGULAR, VMA_FILE_PRIVATE } = vmaStatus;

/** Content of a task: address and number of pages, one run after the other in the pages image. */
function content(pid: number, ...runs: readonly (readonly [vaddr: bigint, pages: number])[]) {
  const entries = runs.map(([vaddr, pages]) => ({
    vaddr,
    nr_pages: BigInt(pages),
    compat_nr_pages: pages,
    flags: pageFlags.PE_PRESENT,
  }));
  const total = runs.reduce((sum, [, pages]) => sum + pages, 0);
  return [
    image("pagemap", [{ pages_id: 1 }, ...entries], pid),
    { fileName: "pages-1.img", bytes: new Uint8Array(4096 * total) },
  ];
}

/** What is recorded, without its beginning. */
async function texts(plugin: Plugin, test: PluginTest): Promise<string[]> {
  const lines = await testPlugin(plugin, { with: [regularFiles()], stage: "RESTORE", ...test });
  return lines.map((line) => line.replace(/^.*?: /, ""));
}

const startOf = (lines: readonly string[], name: string) =>
  lines.filter((line) => line.replace(/^\$\d+ = /, "").startsWith(`${name}(`));

describe("private memory", () => {
  const vmas = [
    { start: 0x10000n, end: 0x13000n },
    { start: 0x20000n, end: 0x21000n, prot: PROT.READ },
    {
      start: 0x30000n,
      end: 0x32000n,
      prot: PROT.READ | PROT.EXEC,
      flags: MAP.PRIVATE,
      status: VMA_AREA_REGULAR | VMA_FILE_PRIVATE,
      shmid: 3n,
      pgoff: 0x5000n,
    },
  ];
  const files = [{ id: 3, reg: { name: "/lib/x.so" } }];

  it("of the forker is unmapped first, then that of the task is mapped where it was", async () => {
    const lines = await texts(privateMemory(), { task: { pid: 7, vmas }, files });
    expect(startOf(lines, "munmap")).toHaveLength(2);
    const maps = startOf(lines, "mmap");
    expect(maps).toEqual([
      "mmap(0x10000, 0x3000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE, -1, 0x0) expects 65536",
      "mmap(0x20000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE, -1, 0x0) expects 131072",
      "mmap(0x30000, 0x2000, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_FIXED_NOREPLACE, $1, 0x5000) expects 196608",
    ]);
    expect(lines.findIndex((line) => line.startsWith("munmap"))).toBeLessThan(
      lines.findIndex((line) => line.startsWith("mmap")),
    );
  });

  it("gets its content in the task's own calls, and a short read is a failure", async () => {
    const task = { pid: 7, vmas: vmas.slice(0, 1) };
    const lines = await texts(privateMemory(), { task, images: content(7, [0x10000n, 1], [0x12000n, 1]) });
    expect(startOf(lines, "openat")[0]).toMatch(/openat\(\d+, "pages-1.img"/);
    expect(startOf(lines, "preadv")).toEqual(["preadv($1, [{0x10000, 4096}, {0x12000, 4096}], 2, 0x0) expects 8192"]);
  });

  it("is writable while it is filled, and has its protection afterwards", async () => {
    const task = { pid: 7, vmas: [{ start: 0x20000n, end: 0x21000n, prot: PROT.READ }] };
    const lines = await texts(privateMemory(), { task, images: content(7, [0x20000n, 1]) });
    const order = ["mmap(0x20000, 0x1000, PROT_READ|PROT_WRITE", "preadv(", "mprotect(0x20000, 0x1000, PROT_READ)"].map(
      (start) => lines.findIndex((line) => line.startsWith(start)),
    );
    expect(order.every((index) => index >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it("gets its advice", async () => {
    const task = {
      pid: 7,
      vmas: [{ start: 0x20000n, end: 0x21000n, madv: (1n << BigInt(MADV.DONTDUMP)) | (1n << BigInt(MADV.DONTFORK)) }],
    };
    const lines = await texts(privateMemory(), { task });
    expect(startOf(lines, "madvise")).toEqual([
      "madvise(0x20000, 0x1000, MADV_DONTFORK)",
      "madvise(0x20000, 0x1000, MADV_DONTDUMP)",
    ]);
  });

  it("is read into huge pages where whole ones are saved, unless its advice forbids them", async () => {
    const big = { start: 0x200000n, end: 0x600000n };
    const images = content(7, [0x2ff000n, 0x301]);
    const huge = await texts(privateMemory(), { task: { pid: 7, vmas: [big] }, images });
    expect(startOf(huge, "madvise").map((line) => line.split(", ").at(-1))).toEqual([
      "MADV_POPULATE_WRITE) allows any error",
      "MADV_COLLAPSE) allows any error",
    ]);
    expect(startOf(huge, "pread64")).toEqual(["pread64($1, 0x400000, 0x200000, 0x101000) expects 2097152"]);
    const small = await texts(privateMemory(), {
      task: { pid: 7, vmas: [{ ...big, madv: 1n << BigInt(MADV.NOHUGEPAGE) }] },
      images,
    });
    expect(startOf(small, "pread64")).toEqual([]);
    expect(startOf(small, "preadv")).toHaveLength(1);
  });

  it("of a task with children is restored before they are forked, so that they share it", async () => {
    const test = { with: [regularFiles()], task: { pid: 7, vmas, children: [{ pid: 8, vmas }] }, files };
    const forking = await testPlugin(privateMemory(), { ...test, stage: "FORKING" });
    const restore = await testPlugin(privateMemory(), { ...test, stage: "RESTORE" });
    expect(forking.filter((line) => line.startsWith("7 ") && line.includes("mmap("))).toHaveLength(3);
    expect(forking.filter((line) => line.startsWith("8 "))).toEqual([]);
    expect(restore.filter((line) => line.startsWith("7 "))).toEqual([]);
    // All is alike, so the child keeps what it has.
    expect(restore.filter((line) => line.startsWith("8 ") && line.includes(" mmap("))).toEqual([]);
  });

  it("can be patched before the task resumes, whatever its protection, in the name of the plugin", async () => {
    const patch = definePlugin({
      name: "patch",
      apply: ({ patchMemory }) => patchMemory.tap("patch", (memory) => memory.write(0x20010n, Uint8Array.of(1, 2))),
    });
    const task = { pid: 7, vmas: [{ start: 0x20000n, end: 0x21000n, prot: PROT.READ }] };
    const { lines } = await rehearse({
      plugins: [patch],
      defaults: [...scaffold().filter(({ duty }) => duty !== "private-memory"), regularFiles(), privateMemory()],
      task,
      images: content(7, [0x20000n, 1]),
    });
    const shown = lines.map(({ plugin, text }) => `${plugin}: ${text}`);
    const order = ["private-memory: preadv(", "patch: copy(0x20010, [0102])", "private-memory: mprotect("].map(
      (start) => shown.findIndex((line) => line.startsWith(start)),
    );
    expect(order.every((index) => index >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it("is searched for a text, which can cross into the next mapping", async () => {
    const patch = definePlugin({
      name: "patch",
      apply: ({ patchMemory }) =>
        patchMemory.tap("patch", (memory) => {
          for (const address of memory.find("old-text")) memory.write(address, "new-text");
        }),
    });
    const vmas = [
      { start: 0x20000n, end: 0x21000n, prot: PROT.READ },
      { start: 0x21000n, end: 0x23000n },
    ];
    const memory = [{ start: 0x20000n, content: "old-text".padEnd(4092, "\0").concat("old-text") }];
    const lines = await texts(patch, { with: [regularFiles(), privateMemory()], task: { pid: 7, vmas, memory } });
    expect(lines).toEqual(['copy(0x20000, "new-text")', 'copy(0x20ffc, "new-")', 'copy(0x21000, "text")']);
  });

  it("cannot be patched where nothing is mapped", async () => {
    const patch = definePlugin({
      name: "patch",
      apply: ({ patchMemory }) => patchMemory.tap("patch", (memory) => memory.write(0x20fffn, Uint8Array.of(1, 2))),
    });
    const task = { pid: 7, vmas: [{ start: 0x20000n, end: 0x21000n }] };
    await expect(texts(privateMemory(), { with: [regularFiles(), patch], task })).rejects.toMatchObject({
      code: "ERR_PLUGIN",
      plugin: "patch",
      stage: "RESTORE",
      pid: 7,
    });
  });

  const refusals = (task: TaskInvention, images = content(7)) =>
    testPlan(privateMemory(), { with: [regularFiles()], task, images });

  it.each<[string, TaskInvention["vmas"]]>([
    ["is no range", [{ start: 0x2000n, end: 0x1000n }]],
    ["is not of whole pages", [{ start: 0x1001n, end: 0x3000n }]],
    [
      "overlaps another",
      [
        { start: 0x1000n, end: 0x3000n },
        { start: 0x2000n, end: 0x4000n },
      ],
    ],
    ["lies above 47 bits", [{ start: 1n << 48n, end: (1n << 48n) + 0x1000n }]],
    ["is of a kind that is not restored", [{ start: 0x1000n, end: 0x3000n, status: VMA_AREA_REGULAR | (1 << 30) }]],
  ])("that %s is refused", async (_what, given) => {
    expect(await refusals({ pid: 7, ...(given === undefined ? {} : { vmas: given }) })).toMatchObject([
      { severity: "refused", pid: 7 },
    ]);
  });

  it("with content outside of its mappings is refused", async () => {
    const task = {
      pid: 7,
      vmas: [
        { start: 0x10000n, end: 0x12000n },
        { start: 0x12000n, end: 0x13000n },
      ],
    };
    expect(await refusals(task, content(7, [0x11000n, 2]))).toEqual([]);
    expect(await refusals(task, content(7, [0x12000n, 2]))).toMatchObject([
      { severity: "refused", what: "pages at 12000" },
    ]);
  });
});

/** A mapping in /proc/PID/smaps. */
const mapped = (range: string, name = "", flags = "rd wr") =>
  `${range} rw-p 00000000 00:00 0 ${name}\nVmFlags: ${flags}\n`;

describe("a checkpoint", () => {
  it("saves pages that the task has written, the whole vdso, and guard regions", async () => {
    const smaps = mapped("10000-14000") + mapped("20000-22000", "[vdso]") + mapped("30000-34000", "[vvar]");
    const pages = {
      own: [
        { start: 0x11000, end: 0x12000 },
        { start: 0x30000, end: 0x31000 },
      ],
      guards: [{ start: 0x13000, end: 0x14000 }],
    };
    const { context, entries, kernel, error } = await testDump(privateMemoryOfDump(), {
      with: [mappings()],
      task: { pid: 7, proc: { smaps } },
      host: { processes: { 7: { pages } } },
    });
    expect(error?.describe()).toBeUndefined();
    const [head, ...runs] = entries("pagemap", 7).map(({ value }) => value);
    expect(head).toEqual({ pages_id: 1 });
    expect(runs).toMatchObject([
      { vaddr: 0x11000n, nr_pages: 1n, flags: pageFlags.PE_LAZY | pageFlags.PE_PRESENT },
      { vaddr: 0x20000n, nr_pages: 2n, flags: pageFlags.PE_PRESENT },
    ]);
    const copied = kernel.records.flatMap((record) => (record.kind === "copy-pages" ? record.ranges : []));
    expect(copied).toEqual([
      { start: 0x11000, end: 0x12000 },
      { start: 0x20000, end: 0x22000 },
    ]);
    expect(context?.tree.root.guards).toEqual(pages.guards);
  });

  it("holds the memory of a small task that keeps running, and saves memory that it cannot hold at once", async () => {
    const pages = { own: [{ start: 0x11000, end: 0x12000 }], guards: [] };
    const save = async (memory: Readonly<Record<string, Uint8Array>>) => {
      const { kernel, error } = await testDump(privateMemoryOfDump(), {
        with: [mappings()],
        options: { leaveRunning: true },
        task: { pid: 7, proc: { smaps: mapped("10000-14000") } },
        host: { processes: { 7: { pages, memory } } },
      });
      expect(error?.describe()).toBeUndefined();
      const names = kernel.records.map((record) => (record.kind === "host-call" ? record.step.name : record.kind));
      return names.filter((name) => ["write", "copy-pages", "release"].includes(name));
    };
    expect(await save({ "0x11000": new Uint8Array(4096) })).toEqual(["release", "write"]);
    expect(await save({})).toEqual(["copy-pages", "release"]);
  });

  it("does not mark pages of locked memory as lazy", async () => {
    const pages = { own: [{ start: 0x11000, end: 0x12000 }], guards: [] };
    const { entries } = await testDump(privateMemoryOfDump(), {
      with: [mappings()],
      task: { pid: 7, proc: { smaps: mapped("10000-14000", "", "rd wr lo") } },
      host: { processes: { 7: { pages } } },
    });
    expect(entries("pagemap", 7)[1]?.value).toMatchObject({ flags: pageFlags.PE_PRESENT });
  });
});
