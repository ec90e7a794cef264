import { rehearse, testDump, testPlan } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { defaultPlugins } from "../../src/default-restore-plugins.ts";
import { seccomp as seccompOfDump } from "../../src/seccomp/dump.ts";
import { appendChain, readChain } from "../../src/seccomp/format.ts";
import { seccomp } from "../../src/seccomp/restore.ts";

describe("seccomp", () => {
  it("comes before credentials, which a filter might forbid, in the default order", async () => {
    const task = { pid: 7, core: { thread_core: { creds: { uid: 1000 }, seccomp_mode: 1 } } };
    const { lines, error } = await rehearse({ plugins: [], defaults: defaultPlugins(), task });
    expect(error?.describe()).toBeUndefined();
    const duties = lines.filter(({ stage }) => stage === "RESTORE_CREDS").map(({ plugin }) => plugin);
    expect(duties.lastIndexOf("seccomp")).toBeLessThan(duties.indexOf("credentials"));
    expect(duties).toContain("seccomp");
  });

  it("makes the kernel suspend filters for trees that have them, and only for those", async () => {
    const options = async (seccomp_mode: number) => {
      const { kernel } = await rehearse({
        plugins: [],
        task: { pid: 7, threads: [{ tid: 71, core: { thread_core: { seccomp_mode } } }] },
      });
      return kernel.records.flatMap((record) => (record.kind === "stub" ? [record.options.suspendSeccomp] : []));
    };
    expect(await options(2)).toEqual([true]);
    expect(await options(0)).toEqual([false]);
  });

  it("of checkpoints that have it of processes, not of threads, is refused", async () => {
    const task = { pid: 7, core: { tc: { old_seccomp_mode: 2, old_seccomp_filter: 0 } } };
    expect(await testPlan(seccomp(), { task })).toMatchObject([{ severity: "refused", pid: 7 }]);
  });

  it("that names no filter is refused", async () => {
    const task = { pid: 7, core: { thread_core: { seccomp_mode: 2 } } };
    expect(await testPlan(seccomp(), { task })).toMatchObject([{ severity: "refused", pid: 7 }]);
  });

  it("that leads to a filter that is not there is an error that names the image", async () => {
    const task = { pid: 7, core: { thread_core: { seccomp_mode: 2, seccomp_filter: 3 } } };
    await expect(testPlan(seccomp(), { task })).rejects.toMatchObject({ code: "ERR_IMAGE", entry: "seccomp.img" });
  });
});

const filter = (first: number) => ({ instructions: Uint8Array.of(first, 0, 0, 0, 0, 0, 0, 0), flags: first });

describe("the format of seccomp filters", () => {
  it("is the same after chains were appended and read, which turns them from newest first to oldest first", () => {
    const all: Parameters<typeof appendChain>[0] = [];
    const chains = [[filter(1), filter(2), filter(3)], [filter(4)]];
    const oldest = chains.map((chain) => appendChain(all, chain));
    const read = oldest.map((index) => readChain(all, index).filters.map(({ flags }) => flags));
    expect(read).toEqual([[3, 2, 1], [4]]);
  });

  it("says where a chain leads nowhere or in a circle", () => {
    const circle = [0, 1].map((index) => ({ filter: new Uint8Array(8), flags: 0, prev: 1 - index }));
    expect(readChain(circle, 0).brokenAt).toBe(0);
    expect(readChain([], 4).brokenAt).toBe(4);
  });
});

describe("a checkpoint", () => {
  it("saves the filters of every thread; equal chains of one process once", async () => {
    const seccompFilters = [filter(2), filter(1)];
    const task = {
      pid: 7,
      status: { Seccomp: "2" },
      leader: { seccompFilters },
      threads: { 71: { seccompFilters }, 72: { seccompFilters: [filter(1)] } },
    };
    const { context, entries } = await testDump(seccompOfDump(), { task });
    const threads = context?.tree.root.threads.map(({ core }) => [core.seccomp_mode, core.seccomp_filter]);
    expect(threads).toEqual([
      [2, 1],
      [2, 1],
      [2, 2],
    ]);
    const [image] = entries("seccomp");
    expect(image?.value.seccomp_filters.map(({ flags, prev }) => [flags, prev])).toEqual([
      [2, undefined],
      [1, 0],
      [1, undefined],
    ]);
  });

  it("saves the mode of threads without filters", async () => {
    const { context } = await testDump(seccompOfDump(), { task: { pid: 7, status: { Seccomp: "1" } } });
    expect(context?.tree.root.leader.core).toMatchObject({ seccomp_mode: 1 });
  });
});
