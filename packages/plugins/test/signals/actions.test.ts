import { rehearse, testDump, testPlugin } from "@restage/core/testing";
import { SIG, SS } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { signalActions as signalActionsOfDump } from "../../src/signals/actions/dump.ts";
import { decodeAction, decodeStack, encodeStack, SIGNALS } from "../../src/signals/actions/format.ts";
import { signalActions } from "../../src/signals/actions/restore.ts";

const NOTHING = { sigaction: 0n, flags: 0n, restorer: 0n, mask: 0n };
function actions(given: Readonly<Record<number, Partial<typeof NOTHING>>>) {
  return SIGNALS.map((signal) => ({ ...NOTHING, ...given[signal] }));
}

const withActions = (given: Parameters<typeof actions>[0]) => ({
  pid: 7,
  core: { tc: { sigactions: actions(given) } },
});

describe("signal actions", () => {
  it("that are not the default are set, under their numbers", async () => {
    const task = withActions({
      [SIG.HUP]: { sigaction: 1n },
      [SIG.TERM]: { sigaction: 0x1000n, mask: 5n, flags: 4n },
      [SIG.SYS]: { sigaction: 0x2000n },
      64: { sigaction: 1n },
    });
    const lines = await testPlugin(signalActions(), { task });
    expect(lines.map((line) => /rt_sigaction\((\w+), \{(\w+)/.exec(line)?.slice(1))).toEqual([
      ["SIGHUP", "SIG_IGN"],
      ["SIGTERM", "0x1000"],
      ["SIGSYS", "0x2000"],
      ["64", "SIG_IGN"],
    ]);
  });

  it("of SIGCHLD comes in its own stage, when the children of the restore itself are gone", async () => {
    const task = withActions({ [SIG.CHLD]: { sigaction: 0x1000n }, [SIG.USR1]: { sigaction: 0x1000n } });
    const lines = await testPlugin(signalActions(), { task });
    const stageOf = (signal: string) => lines.find((line) => line.includes(signal))?.split(" ")[1];
    expect([stageOf("SIGCHLD"), stageOf("SIGUSR1")]).toEqual(["RESTORE_SIGCHLD", "RESTORE"]);
  });

  it("of an ignored SIGTRAP is the last call of all, since programs end by traps", async () => {
    const { kernel, lines } = await rehearse({
      plugins: [signalActions()],
      task: withActions({ [SIG.TRAP]: { sigaction: 1n } }),
    });
    expect(lines.filter(({ text }) => text.includes("SIGTRAP"))).toEqual([]);
    const [last] = kernel.finalStates.get(7)?.lastCalls ?? [];
    expect(last).toMatchObject({ name: "rt_sigaction", args: [SIG.TRAP, expect.anything(), 0, 8] });
  });

  it("have the alternate stack of each thread, whether or not it was on it", async () => {
    const sas = (ss_flags: number) => ({ thread_core: { sas: { ss_sp: 0x10000n, ss_size: 8192n, ss_flags } } });
    const task = {
      pid: 7,
      core: sas(1),
      threads: [
        { tid: 71, core: sas(2) },
        { tid: 72, core: sas(0) },
      ],
    };
    const lines = await testPlugin(signalActions(), { task });
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["7", "72"]);
    expect(new Set(lines.map((line) => line.replace(/^\d+ /, ""))).size).toBe(1);
  });
});

describe("the format of signal actions", () => {
  it("lists 62 signals: SIGKILL and SIGSTOP have no action", () => {
    expect(SIGNALS).toHaveLength(62);
    expect([SIGNALS[8], SIGNALS[17]]).toEqual([SIG.USR1, SIG.TSTP]);
  });

  it("is struct kernel_sigaction: handler, flags, restorer, mask", () => {
    const bytes = new Uint8Array(BigUint64Array.of(1n, 2n, 3n, 4n).buffer);
    expect(decodeAction(bytes)).toEqual({ sigaction: 1n, flags: 2n, restorer: 3n, mask: 4n });
  });

  it("is the same after a stack was encoded and decoded, but for whether the thread is on it", () => {
    const stack = { ss_sp: 0x7fff_0000_1000n, ss_flags: 0x8000_0000, ss_size: 8192n };
    expect(decodeStack(encodeStack(stack))).toEqual(stack);
    expect(decodeStack(encodeStack({ ...stack, ss_flags: SS.ONSTACK })).ss_flags).toBe(0);
  });
});

describe("a checkpoint", () => {
  it("asks every task for its signal actions and every thread for its stack", async () => {
    const action = new Uint8Array(BigUint64Array.of(0x1000n, 4n, 0x2000n, 5n).buffer);
    const stack = encodeStack({ ss_sp: 0x9000n, ss_flags: 0, ss_size: 8192n });
    const answers = { rt_sigaction: { output: action } };
    const task = { pid: 7, leader: { answers }, threads: { 71: { answers: { sigaltstack: { output: stack } } } } };
    const { context, queries } = await testDump(signalActionsOfDump(), { task });
    expect(queries.filter((query) => query.startsWith("7 signal-actions: rt_sigaction("))).toHaveLength(62);
    expect(queries.filter((query) => query.startsWith("71 "))).toEqual([expect.stringContaining("sigaltstack(")]);
    const [saved] = context?.tree.alive ?? [];
    expect(saved?.core.sigactions).toHaveLength(62);
    expect(saved?.core.sigactions?.[0]).toEqual({ sigaction: 0x1000n, flags: 4n, restorer: 0x2000n, mask: 5n });
    expect(saved?.threads.map(({ core }) => core.sas?.ss_sp)).toEqual([0n, 0x9000n]);
  });
});
