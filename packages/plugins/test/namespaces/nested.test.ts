import { testDump, testPlan } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { nestedNamespaces as saved } from "../../src/namespaces/nested/dump.ts";
import { nestedNamespaces as restored } from "../../src/namespaces/nested/restore.ts";
import { namespaceLinks, treeWithOwn } from "./support.ts";

describe("nested namespaces", () => {
  it("are refused by a checkpoint, each kind by name", async () => {
    const children = [{ pid: 8, links: namespaceLinks(["mnt", "user"], 3) }];
    const { findings } = await testDump(saved(), treeWithOwn(["mnt"], { children }));
    expect(
      findings.map(({ severity, what, why }) => [severity, what, /another (\w+) namespace/.exec(why)?.[1]]),
    ).toEqual([["refused", "task 8 (program)", "user"]]);
  });

  it("of mounts are refused by a checkpoint where the root task has none of its own", async () => {
    const children = [{ pid: 8, links: namespaceLinks(["mnt"], 3) }];
    const { findings } = await testDump(saved(), treeWithOwn([], { children }));
    expect(findings).toMatchObject([{ severity: "refused", why: expect.stringContaining("another mount namespace") }]);
  });

  it("are not found where all tasks share one of each kind", async () => {
    const children = [{ pid: 8, links: namespaceLinks(["mnt", "user"]) }];
    const { findings, error } = await testDump(saved(), treeWithOwn(["mnt", "user"], { children }));
    expect(error?.describe()).toBeUndefined();
    expect(findings).toEqual([]);
  });

  it("of cgroups are refused like others, but not one that all tasks share", async () => {
    const { findings: shared } = await testDump(saved(), treeWithOwn(["cgroup"], { children: [] }));
    expect(shared).toEqual([]);
    const children = [{ pid: 8, links: namespaceLinks(["cgroup"], 3) }];
    const { findings } = await testDump(saved(), treeWithOwn(["cgroup"], { children }));
    expect(findings).toMatchObject([{ what: "task 8 (program)", severity: "refused" }]);
  });

  it("are refused by a checkpoint if only the children of a task would be in them", async () => {
    const links = { ...namespaceLinks([]), "ns/pid_for_children": "pid:[3]" };
    const { findings } = await testDump(saved(), treeWithOwn([], { links }));
    expect(findings).toMatchObject([
      { what: "task 7 (program)", why: expect.stringContaining("another pid namespace") },
    ]);
  });

  it("are refused by a restore, except network and mount namespaces of a tree with its own", async () => {
    const child = { pid: 8, ids: { net_ns_id: 12, ipc_ns_id: 13 } };
    const inventory = { root_ids: { net_ns_id: 2, ipc_ns_id: 3 } };
    const found = async (root: number) => {
      const task = { pid: 7, ids: { net_ns_id: root, ipc_ns_id: 3 }, children: [child] };
      const findings = await testPlan(restored(), { task, inventory });
      return findings.map(({ why, pid }) => `${pid} ${/another (\w+)/.exec(why)?.[1]}`);
    };
    expect(await found(11)).toEqual(["8 ipc"]);
    expect(await found(2)).toEqual(["8 net", "8 ipc"]);
  });
});
