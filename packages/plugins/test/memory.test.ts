import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { definePlugin, type Plugin } from "@restage/core";
import { image, type PluginTest, rehearse, type TaskInvention, testPlan, testPlugin } from "@restage/core/testing";
import { vmaStatus } from "@restage/images";
import { MADV, MAP, PRCTL_MM_MAP, PROT } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { regularFiles } from "../src/files/regular-file/restore.ts";
import { mm } from "../src/memory/mm/restore.ts";
import { inheritedVmas, pagesOnlyIn } from "../src/memory/private-memory/inherited.ts";
import { privateMemory } from "../src/memory/private-memory/restore.ts";
import { vdso } from "../src/memory/vdso/restore.ts";
import { readVdsoSymbols } from "../src/memory/vdso/vdso-image.ts";

const { VMA_AREA_REGULAR, VMA_FILE_PRIVATE, VMA_AREA_VDSO, VMA_AREA_VVAR, VMA_ANON_SHARED } = vmaStatus;
const PRESENT = 4;

/** Content of a task: address and number of pages, one run after the other in the pages image. */
function content(pid: number, ...runs: readonly (readonly [vaddr: bigint, pages: number])[]) {
  const entries = runs.map(([vaddr, pages]) => ({
    vaddr,
    nr_pages: BigInt(pages),
    compat_nr_pages: pages,
    flags: PRESENT,
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

  it("is unmapped where a task has that of its forker, then mapped where it was, and nowhere else", async () => {
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

  it("gets its content in the task's own calls; a short read is a failure", async () => {
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

  it("has its advice when it is filled", async () => {
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

  it("is read into huge pages where a whole one is there, and may not be", async () => {
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

  it("of a task with children is there before they are forked, so that they share it", async () => {
    const test = { with: [regularFiles()], task: { pid: 7, vmas, children: [{ pid: 8, vmas }] }, files };
    const forking = await testPlugin(privateMemory(), { ...test, stage: "FORKING" });
    const restore = await testPlugin(privateMemory(), { ...test, stage: "RESTORE" });
    expect(forking.filter((line) => line.startsWith("7 ") && line.includes("mmap("))).toHaveLength(3);
    expect(forking.filter((line) => line.startsWith("8 "))).toEqual([]);
    expect(restore.filter((line) => line.startsWith("7 "))).toEqual([]);
    // All is alike, so the child keeps what it has.
    expect(restore.filter((line) => line.startsWith("8 ") && line.includes(" mmap("))).toEqual([]);
  });

  it("may be patched before the task resumes: the bytes come after the pages, whatever the protection", async () => {
    const patch = definePlugin({
      name: "patch",
      apply: ({ patchMemory }) => patchMemory.tap("patch", (memory) => memory.write(0x20010n, Uint8Array.of(1, 2))),
    });
    const task = { pid: 7, vmas: [{ start: 0x20000n, end: 0x21000n, prot: PROT.READ }] };
    const lines = await texts(privateMemory(), {
      with: [regularFiles(), patch],
      task,
      images: content(7, [0x20000n, 1]),
    });
    const order = ["preadv(", "copy(0x20010, [0102])", "mprotect("].map((start) =>
      lines.findIndex((line) => line.startsWith(start)),
    );
    expect(order.every((index) => index >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it("cannot be patched where there is none", async () => {
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

  it("has no content outside of its mappings", async () => {
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

describe("what a task has from its forker", () => {
  const range = (start: bigint, end: bigint) => ({ start, end });
  const run = (address: bigint, pages: number) => ({ address, pages }) as Parameters<typeof pagesOnlyIn>[0][number];

  it("is given back where only the forker had a page", () => {
    const theirs = [run(0x1000n, 4), run(0x8000n, 2)];
    expect(pagesOnlyIn(theirs, [], range(0x0n, 0x10000n))).toEqual([range(0x1000n, 0x5000n), range(0x8000n, 0xa000n)]);
    expect(pagesOnlyIn(theirs, [run(0x2000n, 1)], range(0x0n, 0x10000n))).toEqual([
      range(0x1000n, 0x2000n),
      range(0x3000n, 0x5000n),
      range(0x8000n, 0xa000n),
    ]);
    expect(pagesOnlyIn(theirs, [run(0x0n, 16)], range(0x0n, 0x10000n))).toEqual([]);
    // Cut at the borders of the mapping.
    expect(pagesOnlyIn(theirs, [run(0x3000n, 6)], range(0x2000n, 0x9000n))).toEqual([range(0x2000n, 0x3000n)]);
  });

  const both = (child: object, parent: object = {}) => {
    const vma = {
      start: 0x1000n,
      end: 0x3000n,
      prot: 3,
      flags: 0x22,
      status: VMA_AREA_REGULAR | vmaStatus.VMA_ANON_PRIVATE,
      madv: 0n,
      shmid: 0n,
      pgoff: 0n,
    };
    const task = (own: object) => ({ survives: true, mm: { exe_file_id: 1, vmas: [{ ...vma, ...own }] } });
    return inheritedVmas({ ...task(child), forker: task(parent) } as unknown as Parameters<typeof inheritedVmas>[0])
      .size;
  };

  it("is kept where both are alike", () => {
    expect(both({})).toBe(1);
    for (const different of [
      { end: 0x4000n },
      { prot: 1 },
      { flags: 0x122 },
      { madv: 1n << 14n },
      { status: VMA_AREA_REGULAR | VMA_FILE_PRIVATE },
    ]) {
      expect(both(different), JSON.stringify(Object.keys(different))).toBe(0);
    }
  });

  it("is not kept where the kernel does not hand it on", () => {
    const advice = 1n << BigInt(MADV.DONTFORK);
    expect(both({ madv: advice }, { madv: advice })).toBe(0);
    expect(both({ flags: 0x2022 }, { flags: 0x2022 })).toBe(0);
  });
});

describe("the vdso", () => {
  it("and vvar go to their recorded addresses, each mapping by itself", async () => {
    const vmas = [
      { start: 0x7000_0000_0000n, end: 0x7000_0000_6000n, status: VMA_AREA_REGULAR | VMA_AREA_VVAR },
      { start: 0x7000_0000_6000n, end: 0x7000_0000_8000n, status: VMA_AREA_REGULAR | VMA_AREA_VDSO },
    ];
    const lines = await texts(vdso(), { task: { pid: 7, vmas } });
    const moves = lines.map((line) =>
      /^mremap\(0x\w+, (0x\w+), 0x\w+, MREMAP_MAYMOVE\|MREMAP_FIXED, (0x\w+)\) expects/.exec(line)?.slice(1),
    );
    expect(moves).toEqual([
      ["0x4000", "0x700000000000"],
      ["0x2000", "0x700000004000"],
      ["0x2000", "0x700000006000"],
    ]);
  });

  it.skipIf(process.platform !== "linux" || process.arch !== "x64")("of this machine has its functions found", () => {
    const line =
      readFileSync("/proc/self/maps", "latin1")
        .split("\n")
        .find((each) => each.endsWith("[vdso]")) ?? "";
    const [start = 0, end = 0] = (line.split(" ")[0] ?? "").split("-").map((word) => Number.parseInt(word, 16));
    const text = new Uint8Array(end - start);
    const memory = openSync("/proc/self/mem", "r");
    readSync(memory, text, 0, text.length, start);
    closeSync(memory);
    const symbols = readVdsoSymbols(text);
    expect([...(symbols?.keys() ?? [])]).toEqual(
      expect.arrayContaining(["__vdso_clock_gettime", "__vdso_gettimeofday", "__vdso_time"]),
    );
    for (const at of symbols?.values() ?? []) expect(at).toBeLessThan(text.length);
    // Damaged ones are told from good ones, not read beyond their end.
    expect(readVdsoSymbols(text.subarray(0, 100))).toBeUndefined();
    expect(readVdsoSymbols(new Uint8Array(4096))).toBeUndefined();
  });

  it("is left alone where a task had none", async () => {
    expect(
      await texts(vdso(), { task: { pid: 7, vmas: [{ start: 0x1000n, end: 0x2000n, status: VMA_ANON_SHARED }] } }),
    ).toEqual([]);
  });
});

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
