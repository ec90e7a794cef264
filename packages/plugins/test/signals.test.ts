import { rehearse, testPlan, testPlugin } from "@restage/core/testing";
import { SIG } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { zombiesAndHelpers } from "../src/forking/zombies-helpers/restore.ts";
import { signalActions } from "../src/signals/actions/restore.ts";
import { pendingSignals } from "../src/signals/pending/restore.ts";

const NOTHING = { sigaction: 0n, flags: 0n, restorer: 0n, mask: 0n };
/** Signals of the image's list: 1 to 64 without SIGKILL and SIGSTOP. */
const LISTED = Array.from({ length: 64 }, (_value, index) => index + 1).filter(
  (signal) => signal !== SIG.KILL && signal !== SIG.STOP,
);

function actions(given: Readonly<Record<number, Partial<typeof NOTHING>>>) {
  return LISTED.map((signal) => ({ ...NOTHING, ...given[signal] }));
}

/** struct siginfo of a signal. */
function siginfo(signal: number): { readonly siginfo: Uint8Array } {
  const bytes = new Uint8Array(128);
  new DataView(bytes.buffer).setInt32(0, signal, true);
  return { siginfo: bytes };
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

describe("pending signals", () => {
  it("go back to process and threads, in their order", async () => {
    const task = {
      pid: 7,
      core: { tc: { signals_s: { signals: [siginfo(SIG.TERM), siginfo(40)] } } },
      threads: [{ tid: 71, core: { thread_core: { signals_p: { signals: [siginfo(SIG.USR1)] } } } }],
    };
    const lines = await testPlugin(pendingSignals(), { task });
    const of = (who: number) =>
      lines.filter((line) => line.startsWith(`${who} `)).map((line) => line.replace(/^.*?: (.*), \[.*/, "$1"));
    expect(of(7)).toEqual(["rt_sigqueueinfo(7, SIGTERM", "rt_sigqueueinfo(7, 40"]);
    expect(of(71)).toEqual(["rt_tgsigqueueinfo(7, 71, SIGUSR1"]);
  });

  it("that a trap would take go back last of all", async () => {
    const task = { pid: 7, core: { thread_core: { signals_p: { signals: [siginfo(SIG.SEGV)] } } } };
    const { kernel, lines } = await rehearse({ plugins: [pendingSignals()], task });
    expect(lines.filter(({ text }) => text.includes("SIGSEGV"))).toEqual([]);
    expect(kernel.finalStates.get(7)?.lastCalls.map(({ name }) => name)).toEqual(["rt_tgsigqueueinfo"]);
  });

  it("of a strange size are refused", async () => {
    const task = { pid: 7, core: { tc: { signals_s: { signals: [{ siginfo: new Uint8Array(5) }] } } } };
    expect(await testPlan(pendingSignals(), { task })).toMatchObject([{ severity: "refused", pid: 7 }]);
  });
});

describe("zombies", () => {
  it.each([
    [0x2a00, { code: 42, signal: undefined }],
    [9, { signal: 9 }],
    [0x8b, { signal: 11 }],
  ])("die as they had died: status %i", async (exit_code, exit) => {
    const task = { pid: 7, children: [{ pid: 8, kind: "zombie", core: { tc: { exit_code } } }] } as const;
    const { kernel } = await rehearse({ plugins: [zombiesAndHelpers()], task });
    const ended = kernel.records.flatMap((record) => (record.kind === "end" ? [record] : []));
    expect(ended).toMatchObject([{ tracee: { tid: 8 }, exit }]);
  });

  it("leave no SIGCHLD of the restore behind", async () => {
    const task = { pid: 7, children: [{ pid: 8, kind: "zombie" }] } as const;
    expect((await testPlugin(zombiesAndHelpers(), { stage: "RESTORE_SIGCHLD", task })).join("\n")).toContain(
      "rt_sigaction(SIGCHLD, {SIG_DFL",
    );
    expect(
      await testPlugin(zombiesAndHelpers(), { stage: "RESTORE_SIGCHLD", task: { pid: 7, children: [{ pid: 8 }] } }),
    ).toEqual([]);
  });
});
