import { image, testDump, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { timeNamespace as saved } from "../../src/namespaces/time/dump.ts";
import { fromTimespec, parseOffsets, printOffsets, toTimespec } from "../../src/namespaces/time/format.ts";
import { timeNamespace } from "../../src/namespaces/time/restore.ts";
import { namespaceLinks, OWN_ID, treeWithOwn } from "./support.ts";

const clocks = (seconds: bigint, nanoseconds: bigint, id = 0) =>
  image(
    "timens",
    [{ monotonic: { tv_sec: seconds, tv_nsec: nanoseconds }, boottime: { tv_sec: seconds, tv_nsec: nanoseconds } }],
    id,
  );

describe("the time namespace", () => {
  const run = (saved: ReturnType<typeof clocks>, clock: bigint, texts = {}) =>
    testPlugin(timeNamespace(), { stage: "ROOT_TASK", task: { pid: 7 }, images: [saved], host: { clock, texts } });

  it("is entered by the root, after its offsets were written from outside", async () => {
    const lines = await run(clocks(100n, 5n), 40_000_000_002n);
    expect(lines.map((line) => line.replace(/ ROOT_TASK time-namespace: /, " "))).toEqual([
      "7 unshare(CLONE_NEWTIME)",
      'coordinator write "1 60 3\\n7 60 3\\n" to /proc/7/timens_offsets',
      '7 $1 = openat(AT_FDCWD, "/proc/self/ns/time_for_children", O_CLOEXEC)',
      "7 setns($1, CLONE_NEWTIME)",
      "7 close($1)",
    ]);
  });

  it.each([
    // Nanoseconds are counted upwards from the second below.
    [clocks(100n, 0n), 100_000_000_001n, "1 -1 999999999"],
    [clocks(100n, 999_999_999n), 100_000_000_000n, "1 0 999999999"],
    [clocks(5n, 0n), 1_000_000_000_000n, "1 -995 0"],
  ])("has offsets that may be negative", async (saved, clock, first) => {
    expect((await run(saved, clock)).join("\n")).toContain(`write "${first}`);
  });

  it("reckons against the host's clocks when this process is in a time namespace itself", async () => {
    const texts = { "/proc/self/timens_offsets": "monotonic 10 500000000\nboottime 0 0" };
    const lines = (await run(clocks(100n, 0n), 40_000_000_000n, texts)).join("\n");
    expect(lines).toContain("1 70 500000000\\n7 60 0");
  });

  it("is that of the tree when it had one of its own", async () => {
    const task = { pid: 7, ids: { time_ns_id: 9 } };
    const lines = await testPlugin(timeNamespace(), {
      task,
      images: [clocks(1n, 0n), clocks(50n, 0n, 9)],
      host: { clock: 0n },
    });
    expect(lines.join("\n")).toContain("1 50 0");
  });

  it("is warned of when the checkpoint has no clocks, and nothing is done", async () => {
    expect(await testPlan(timeNamespace(), { task: { pid: 7 } })).toMatchObject([
      { severity: "warning", what: "clocks" },
    ]);
    expect(await testPlugin(timeNamespace(), { task: { pid: 7 } })).toEqual([]);
  });

  it("is refused without the capabilities for it", async () => {
    const texts = { "/proc/self/status": "CapEff:\t0000000000000000" };
    const findings = await testPlan(timeNamespace(), { images: [clocks(1n, 0n)], host: { texts } });
    const found = findings.map(({ severity, what }) => [severity, what]);
    expect(found).toEqual([
      ["refused", "CAP_SYS_ADMIN"],
      ["refused", "CAP_SYS_TIME"],
    ]);
  });
});

describe("offsets of clocks", () => {
  it.each([
    { monotonic: 0n, boottime: 0n },
    { monotonic: 60_000_000_003n, boottime: -1n },
    { monotonic: -5_000_000_000n, boottime: 999_999_999n },
  ])("survive printing and parsing: %o", (offsets) => {
    expect(parseOffsets(printOffsets(offsets))).toEqual(offsets);
    expect(fromTimespec(toTimespec(offsets.boottime))).toBe(offsets.boottime);
  });

  it("are read by name, as the kernel shows them, and are zero on kernels without time namespaces", () => {
    const text = "monotonic         -2         500000000\nboottime           7                 1\n";
    expect(parseOffsets(text)).toEqual({ monotonic: -1_500_000_000n, boottime: 7_000_000_001n });
    expect(parseOffsets("")).toEqual({ monotonic: 0n, boottime: 0n });
  });
});

describe("a checkpoint of a time namespace", () => {
  const clock = 100_000_000_000n;
  const proc = { timens_offsets: "monotonic 5 1\nboottime 6 0" };

  it("has the clocks as the tree sees them, also when this process is in a time namespace itself", async () => {
    const texts = { "/proc/self/timens_offsets": "monotonic 10 0\nboottime 0 0" };
    const { entries, error } = await testDump(saved(), treeWithOwn(["time"], { proc }, { clock, texts }));
    expect(error?.describe()).toBeUndefined();
    expect(entries("timens", OWN_ID)[0]?.value).toMatchObject({
      monotonic: { tv_sec: 95n, tv_nsec: 1n },
      boottime: { tv_sec: 106n, tv_nsec: 0n },
    });
  });

  it("has the number 0 for a tree that shares the clocks of the host", async () => {
    const { entries } = await testDump(saved(), treeWithOwn([], {}, { clock }));
    expect(entries("timens", 0)[0]?.value).toMatchObject({ monotonic: { tv_sec: 100n, tv_nsec: 0n } });
  });

  it("is refused when a task is in another one", async () => {
    const children = [{ pid: 8, links: namespaceLinks(["time"], 3) }];
    const { findings } = await testDump(saved(), treeWithOwn([], { children }, { clock }));
    expect(findings).toMatchObject([{ severity: "refused", pid: 8, why: expect.stringContaining("time namespace") }]);
  });
});
