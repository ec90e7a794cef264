import { rehearse, testDump, testPlan, testPlugin } from "@restage/core/testing";
import { SIG } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { pendingSignals as pendingSignalsOfDump } from "../../src/signals/pending/dump.ts";
import { pendingSignals } from "../../src/signals/pending/restore.ts";

/** struct siginfo of a signal. */
function siginfo(signal: number): { readonly siginfo: Uint8Array } {
  const bytes = new Uint8Array(128);
  new DataView(bytes.buffer).setInt32(0, signal, true);
  return { siginfo: bytes };
}

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

describe("a checkpoint", () => {
  it("saves the pending signals of every thread in order, with everything that came with them", async () => {
    const infos = [siginfo(SIG.USR1).siginfo, siginfo(40).siginfo];
    const task = { pid: 7, threads: { 71: { pendingSignals: infos } } };
    const { context } = await testDump(pendingSignalsOfDump(), { task });
    const [saved] = context?.tree.alive ?? [];
    const queues = saved?.threads.map(({ core }) => core.signals_p?.signals?.map(({ siginfo: info }) => info));
    expect(queues).toEqual([[], infos]);
    expect(saved?.core.signals_s).toEqual({ signals: [] });
  });
});
