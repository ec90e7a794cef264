import { rehearse, testDump, testPlugin } from "@restage/core/testing";
import { SIGEV } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { posixTimers as posixTimersOfDump } from "../../src/timers/posix/dump.ts";
import { decodeNotifications, decodeTimes, encodeTimes } from "../../src/timers/posix/format.ts";
import { posixTimers } from "../../src/timers/posix/restore.ts";

describe("POSIX timers", () => {
  const timer = (it_id: number) => ({ it_id, clock_id: 1, si_signo: 10, isec: 1n, vsec: 2n });
  const task = { pid: 7, core: { tc: { timers: { posix: [timer(2), timer(5)] } } } };
  const created = (lines: readonly string[]) => lines.filter((line) => line.includes("timer_create("));

  it("are created with their ids where the kernel can", async () => {
    const lines = await testPlugin(posixTimers(), { stage: "RESTORE", task });
    expect(created(lines)).toHaveLength(2);
    expect(created(lines)[0]).toContain("[02000000]");
    expect(created(lines)[1]).toContain("[05000000]");
    // On before, off after.
    expect(lines[0]).toContain("PR_TIMER_CREATE_RESTORE_IDS, 0x1");
    expect(lines.at(-1)).toContain("PR_TIMER_CREATE_RESTORE_IDS, NULL");
  });

  it("are created and deleted until the ids match where the kernel cannot", async () => {
    const host = { failures: [{ call: "prctl", result: "EINVAL" }] } as const;
    const lines = await testPlugin(posixTimers(), { stage: "RESTORE", task, host });
    expect(created(lines)).toHaveLength(6);
    const deleted = lines.flatMap((line) => /timer_delete\((\d+)\)/.exec(line)?.[1] ?? []);
    expect(deleted).toEqual(["0", "1", "3", "4"]);
  });

  it("are armed last, under their ids", async () => {
    const { lines } = await rehearse({ plugins: [posixTimers()], task });
    const armed = lines.filter(({ text }) => text.startsWith("timer_settime("));
    expect(armed.map(({ stage, text }) => [stage, text.split(",")[0]])).toEqual([
      ["COMPLETE", "timer_settime(2"],
      ["COMPLETE", "timer_settime(5"],
    ]);
  });
});

/** A timer in /proc/PID/timers. Source: fs/proc/base.c. */
const listed = (id: number, notify: string, clock: number) =>
  `ID: ${id}\nsignal: 10/0000000000001234\nnotify: ${notify}\nClockID: ${clock}\n`;

describe("the format of POSIX timers", () => {
  it("is the same after the times of a running timer were encoded and decoded", () => {
    const times = { isec: 1n, insec: 2n, vsec: 3n, vnsec: 4n };
    expect(decodeTimes(encodeTimes(times).bytes)).toEqual(times);
  });

  it.each([
    ["signal/pid.7", { it_sigev_notify: SIGEV.SIGNAL }],
    ["none/pid.7", { it_sigev_notify: SIGEV.NONE }],
    ["thread/pid.7", { it_sigev_notify: SIGEV.THREAD }],
    ["signal/tid.71", { it_sigev_notify: SIGEV.THREAD_ID, notify_thread_id: 71 }],
  ])("reads the notification %s", (notify, expected) => {
    expect(decodeNotifications(listed(2, notify, -6))).toEqual([
      { it_id: 2, clock_id: 0xffff_fffa, si_signo: 10, sival_ptr: 0x1234n, ...expected },
    ]);
  });
});

describe("a checkpoint", () => {
  it("saves every POSIX timer of /proc with its times, its overruns and the thread that it notifies", async () => {
    const output = new Uint8Array(BigUint64Array.of(1n, 2n, 3n, 4n).buffer);
    const answers = { timer_gettime: { output }, timer_getoverrun: { result: 9 } };
    const proc = { timers: listed(2, "signal/pid.7", 1) + listed(5, "signal/tid.71", 0) };
    const { context } = await testDump(posixTimersOfDump(), {
      task: { pid: 7, leader: { answers }, threads: { 71: {} }, proc },
    });
    const times = { isec: 1n, insec: 2n, vsec: 3n, vnsec: 4n, overrun: 9 };
    expect(context?.tree.root.core.timers?.posix).toMatchObject([
      { it_id: 2, clock_id: 1, ...times },
      { it_id: 5, clock_id: 0, notify_thread_id: 71, ...times },
    ]);
  });
});
