import { rehearse, testPlan } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { init, pidPolicy, rootTask } from "../../src/mod.ts";

const task = { pid: 7, threads: [{ tid: 71 }], children: [{ pid: 8, kind: "zombie" as const }] };
const host = { pidHolders: { 8: "process 8 (sh)", 71: "a thread (x) of process 70", 9: "process 9 (sh)" } };
const others = [init(), rootTask()];

describe("pidPolicy", () => {
  it("names all pids that are in use, with their holders", async () => {
    const findings = await testPlan(pidPolicy("fail"), { with: others, task, host });
    expect(findings.map(({ what, why }) => `${what}: ${why}`)).toEqual([
      "pid 71: it is in use by a thread (x) of process 70",
      "pid 8: it is in use by process 8 (sh)",
    ]);
    expect(await testPlan(pidPolicy("fail"), { with: others, task })).toEqual([]);
  });

  it("names pids that are too large here", async () => {
    const texts = { "/proc/sys/kernel/pid_max": "50" };
    const findings = await testPlan(pidPolicy(), { with: others, task, host: { texts } });
    expect(findings.map(({ what, why }) => `${what}: ${why}`)).toEqual(["pid 71: the largest pid here is 49"]);
  });

  it("warns of pids that it waits for; the option has precedence", async () => {
    const options = { pidPolicy: "wait" } as const;
    expect(await testPlan(pidPolicy("fail"), { with: others, task, host, options })).toMatchObject([
      { severity: "warning", what: "pid 71" },
      { severity: "warning", what: "pid 8" },
    ]);
  });

  it("restores in a new pid namespace only if a pid is in use", async () => {
    const plugins = [...others, pidPolicy("new-namespace")];
    expect((await rehearse({ plugins, task, host })).plan?.init).toEqual({ child: true, user: undefined });
    expect((await rehearse({ plugins, task })).plan?.init).toBeUndefined();
  });

  it("has nothing to decide in a new pid namespace", async () => {
    const options = { newPidNamespace: true };
    expect(await testPlan(pidPolicy("fail"), { with: others, task, host, options })).toEqual([]);
    const own = { task: { ...task, pid: 1, ids: { pid_ns_id: 9 } }, inventory: { root_ids: { pid_ns_id: 1 } } };
    expect(await testPlan(pidPolicy("fail"), { with: others, host, ...own })).toEqual([]);
  });

  it("is one of three", () => {
    expect(() => pidPolicy("refuse" as never)).toThrow("expected one of fail, wait, new-namespace");
  });
});
