import { type CloneRequest, definePlugin, prepare } from "@restage/core";
import { printProgram } from "@restage/core/internal";
import { type CheckpointInvention, checkpointInMemory, RecordingKernel, scaffold } from "@restage/core/testing";
import { MADV } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { regularFiles } from "../../src/files/regular-file/restore.ts";
import { privateMemory } from "../../src/memory/private-memory/restore.ts";

/** What a template and one clone of it call, one line for each call. */
async function callsOf(invention: CheckpointInvention, clone: CloneRequest = {}) {
  const kernel = new RecordingKernel();
  const images = definePlugin({
    name: "images",
    apply: ({ imageSource }) => imageSource.tap("images", () => checkpointInMemory(invention)),
  });
  const request = { images: "memory", plugins: [images, privateMemory(), regularFiles()] };
  const template = await prepare(request, kernel, scaffold());
  const lines = () => kernel.programs.flatMap(({ steps }) => printProgram(steps));
  const ofTemplate = lines();
  await template.restore(clone);
  return { ofTemplate, ofClone: lines().slice(ofTemplate.length) };
}

const starting = (lines: readonly string[], ...names: readonly string[]) =>
  lines
    .map((line) => line.replace(/^\$\d+ = /, ""))
    .filter((line) => names.some((name) => line.startsWith(`${name}(`)));

describe("the memory of a template", () => {
  const memory = [{ start: 0x20000n, content: "hello" }];

  it("is read once, and a clone of it maps and reads nothing", async () => {
    const { ofTemplate, ofClone } = await callsOf({ task: { pid: 7, memory } });
    expect(starting(ofTemplate, "mmap", "preadv")).toHaveLength(2);
    expect(starting(ofClone, "mmap", "preadv", "pread64", "mremap")).toEqual([]);
  });

  it("is moved to their own addresses by tasks other than the root", async () => {
    const { ofTemplate, ofClone } = await callsOf({ task: { pid: 7, memory, children: [{ pid: 8, memory }] } });
    // The child inherits from its parent what is equal.
    expect(starting(ofTemplate, "mmap")).toHaveLength(1);
    expect(starting(ofClone, "mremap")).toEqual([]);
    const other = [{ start: 0x30000n, content: "other" }];
    const differing = await callsOf({ task: { pid: 7, memory, children: [{ pid: 8, memory: other }] } });
    expect(starting(differing.ofTemplate, "mmap")).toHaveLength(2);
    expect(starting(differing.ofClone, "mremap")).toEqual([
      expect.stringMatching(/^mremap\(0x\w+, 0x1000, 0x1000, .*, 0x30000\) expects 196608$/),
    ]);
    expect(starting(differing.ofClone, "mmap", "preadv", "pread64")).toEqual([]);
  });

  it("has compared what a child inherits, so a clone reads only pages that differ", async () => {
    const equal = await callsOf({ task: { pid: 7, memory, children: [{ pid: 8, memory }] } });
    expect(starting(equal.ofClone, "preadv", "pread64", "mmap")).toEqual([]);
    const second = 0x21000n;
    const parent = [...memory, { start: second, content: "same" }];
    const child = [
      { start: 0x20000n, content: "other" },
      { start: second, content: "same" },
    ];
    const { ofClone } = await callsOf({ task: { pid: 7, memory: parent, children: [{ pid: 8, memory: child }] } });
    expect(starting(ofClone, "preadv", "pread64")).toEqual([expect.stringMatching(/expects 4096$/)]);
    expect(starting(ofClone, "mmap")).toEqual([]);
  });

  it("is compared again in a clone in which a plugin writes to the parent", async () => {
    const patching = definePlugin({
      name: "patching",
      apply({ patchMemory, clone }) {
        patchMemory.tap("patching", (patch) => {
          if (clone !== undefined && patch.task.pid === 7) patch.write(0x20000n, new TextEncoder().encode("h4llo"));
        });
      },
    });
    const { ofClone } = await callsOf(
      { task: { pid: 7, memory, children: [{ pid: 8, memory }] } },
      { plugins: [patching] },
    );
    expect(starting(ofClone, "pread64")).toHaveLength(1);
  });

  it("is not used for a mapping that a plugin of the clone has changed", async () => {
    const shorter = definePlugin({
      name: "shorter",
      apply({ entries }) {
        entries.mm.tap("shorter", (mm) => ({
          ...mm,
          vmas: mm.vmas.map((vma) => ({ ...vma, end: vma.end + 0x1000n })),
        }));
      },
    });
    const { ofClone } = await callsOf({ task: { pid: 7, memory } }, { plugins: [shorter] });
    expect(starting(ofClone, "mmap", "preadv")).toHaveLength(2);
  });

  it("that a program wipes in forks is empty in clones", async () => {
    const madv = 1n << BigInt(MADV.WIPEONFORK);
    const vmas = [{ start: 0x20000n, end: 0x21000n, madv }];
    const { ofClone } = await callsOf({ task: { pid: 7, vmas, memory } });
    expect(starting(ofClone, "mmap")).toHaveLength(1);
    expect(starting(ofClone, "preadv", "pread64")).toEqual([]);
    expect(starting(ofClone, "madvise")).toHaveLength(1);
  });
});
