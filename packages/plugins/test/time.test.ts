import { image, rehearse, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { timeNamespace } from "../src/namespaces/time/restore.ts";
import { intervalTimers } from "../src/timers/interval/restore.ts";
import { posixTimers } from "../src/timers/posix/restore.ts";

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
    const found = findings.map(({ severity, why }) => [severity, /CAP_\w+/.exec(why)?.[0]]);
    expect(found).toEqual([
      ["refused", "CAP_SYS_ADMIN"],
      ["refused", "CAP_SYS_TIME"],
    ]);
  });
});

describe("timers", () => {
  it("are armed in COMPLETE, with what was left", async () => {
    const real = { isec: 1n, iusec: 2n, vsec: 3n, vusec: 4n };
    const prof = { isec: 5n, iusec: 0n, vsec: 0n, vusec: 0n };
    const lines = await testPlugin(intervalTimers(), { task: { pid: 7, core: { tc: { timers: { real, prof } } } } });
    const words = (...values: number[]) => Buffer.from(BigUint64Array.from(values.map(BigInt)).buffer).toString("hex");
    expect(lines).toEqual([
      `7 COMPLETE interval-timers: setitimer(0, [${words(1, 2, 3, 4)}], NULL)`,
      // It was about to run out: the whole interval is left.
      `7 COMPLETE interval-timers: setitimer(2, [${words(5, 0, 5, 0)}], NULL)`,
    ]);
  });

  const timer = (it_id: number) => ({ it_id, clock_id: 1, si_signo: 10, isec: 1n, vsec: 2n });
  const task = { pid: 7, core: { tc: { timers: { posix: [timer(2), timer(5)] } } } };
  const created = (lines: readonly string[]) => lines.filter((line) => line.includes("timer_create("));

  it("with ids are created with them where the kernel can", async () => {
    const lines = await testPlugin(posixTimers(), { stage: "RESTORE", task });
    expect(created(lines)).toHaveLength(2);
    expect(created(lines)[0]).toContain("[02000000]");
    expect(created(lines)[1]).toContain("[05000000]");
    // On before, off after.
    expect(lines[0]).toContain("PR_TIMER_CREATE_RESTORE_IDS, 0x1");
    expect(lines.at(-1)).toContain("PR_TIMER_CREATE_RESTORE_IDS, NULL");
  });

  it("with ids are counted up to where the kernel cannot", async () => {
    const host = { failures: [{ call: "prctl", result: "EINVAL" }] } as const;
    const lines = await testPlugin(posixTimers(), { stage: "RESTORE", task, host });
    expect(created(lines)).toHaveLength(6);
    const deleted = lines.flatMap((line) => /timer_delete\((\d+)\)/.exec(line)?.[1] ?? []);
    expect(deleted).toEqual(["0", "1", "3", "4"]);
  });

  it("of POSIX are armed last, under their ids", async () => {
    const { lines } = await rehearse({ plugins: [posixTimers()], task });
    const armed = lines.filter(({ text }) => text.startsWith("timer_settime("));
    expect(armed.map(({ stage, text }) => [stage, text.split(",")[0]])).toEqual([
      ["COMPLETE", "timer_settime(2"],
      ["COMPLETE", "timer_settime(5"],
    ]);
  });
});
