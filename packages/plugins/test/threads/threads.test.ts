import { definePlugin } from "@restage/core";
import { testDump, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { threads as threadsOfDump } from "../../src/threads/dump.ts";
import { threads } from "../../src/threads/restore.ts";

describe("threads", () => {
  it("are started by their task with their ids, names, robust lists and rseq", async () => {
    const task = {
      pid: 7,
      core: { tc: { comm: "server" }, thread_info: { clear_tid_addr: 0x111n } },
      threads: [
        {
          tid: 71,
          core: {
            thread_info: { clear_tid_addr: 0x222n },
            thread_core: {
              comm: "worker",
              futex_rla: 0x333n,
              futex_rla_len: 24,
              rseq_entry: { rseq_abi_pointer: 0x444n, rseq_abi_size: 32, signature: 5 },
            },
          },
        },
      ],
    };
    const lines = await testPlugin(threads(), { task });
    const of = (who: string) =>
      lines.filter((line) => line.startsWith(`${who} `)).map((line) => line.replace(/^.*?: /, ""));
    expect(of("7")[0]).toMatch(/^clone3\(\{.*CLONE_VM\|.*CLONE_THREAD.*set_tid \[71\]/);
    expect(of("7").join("\n")).toContain('prctl(PR_SET_NAME, "server\\0');
    expect(of("7")).toContain("set_tid_address(0x111)");
    expect(of("71").join("\n")).toContain("worker");
    expect(of("71")).toEqual(
      expect.arrayContaining(["set_tid_address(0x222)", "set_robust_list(0x333, 24)", "rseq(0x444, 32, 0, 0x5)"]),
    );
  });

  it("without the part of the image that describes them are refused", async () => {
    const cut = definePlugin({
      name: "cut",
      apply: ({ entries }) =>
        entries.core.tap("cut", (entry, { file }) => {
          const { thread_core: _cut, ...rest } = entry;
          return file === "core-71.img" ? rest : entry;
        }),
    });
    const task = { pid: 7, threads: [{ tid: 71 }] };
    expect(await testPlan(threads(), { with: [cut], task })).toMatchObject([
      { severity: "refused", what: "thread 71 of task 7 (program)", why: "core-71.img has no thread_core" },
    ]);
  });
});

describe("a checkpoint", () => {
  it("saves the name, tid address, robust list and rseq of every thread", async () => {
    const address = new Uint8Array(BigUint64Array.of(0x111n).buffer);
    const task = {
      pid: 7,
      comm: "server",
      leader: { answers: { prctl: { output: address } }, rseq: { pointer: 0x444n, size: 32, signature: 5 } },
      threads: { 71: {} },
      proc: { "task/7/comm": "server", "task/71/comm": "worker" },
    };
    const { context, queries } = await testDump(threadsOfDump(), { task });
    expect(queries.map((query) => query.split(",")[0])).toEqual(
      ["7", "71"].map((tid) => `${tid} threads: prctl(PR_GET_TID_ADDRESS`),
    );
    const [saved] = context?.tree.alive ?? [];
    expect(saved?.core.comm).toBe("server");
    const [leader, other] = saved?.threads ?? [];
    expect(leader?.info.clear_tid_addr).toBe(0x111n);
    expect(leader?.core).toMatchObject({
      comm: "server",
      rseq_entry: { rseq_abi_pointer: 0x444n, rseq_abi_size: 32, signature: 5 },
    });
    expect(other?.core).toMatchObject({ comm: "worker", futex_rla: 0n, futex_rla_len: 0 });
    expect(other?.core.rseq_entry).toBeUndefined();
  });

  it("saves no robust list when the kernel does not tell it", async () => {
    const failures = [{ call: "get_robust_list", result: "EPERM" }] as const;
    const { context, error } = await testDump(threadsOfDump(), { task: { pid: 7 }, host: { failures } });
    expect(error).toBeUndefined();
    expect(context?.tree.alive[0]?.leader.core).toMatchObject({ futex_rla: 0n, futex_rla_len: 0 });
  });
});
