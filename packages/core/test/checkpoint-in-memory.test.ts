import { describe, expect, it } from "vitest";
import { createRestoreHooks } from "../src/restore/hooks.ts";
import { ImageSet } from "../src/restore/image-set.ts";
import { readTree } from "../src/restore/tree.ts";
import { checkpointInMemory, completeEntry, image } from "../src/testing/mod.ts";

describe("a checkpoint in memory", () => {
  const read = (invention: Parameters<typeof checkpointInMemory>[0]) =>
    new ImageSet(checkpointInMemory(invention), createRestoreHooks());

  it("is complete without any input", () => {
    const images = read({});
    const { root, tasks } = readTree(images);
    expect(tasks).toHaveLength(1);
    expect(root).toMatchObject({ kind: "alive", sid: root.pid, pgid: root.pid });
    expect(images.file(root.fs.cwd_id, "fs").reg?.name).toBe("/");
    expect(images.file(root.mm.exe_file_id, "mm").reg?.name).toBe("/bin/program");
    expect(root.descriptors).toEqual([]);
    expect(root.leader.state.futex_rla).toBe(0n);
    expect(root.core.thread_info?.gpregs.ip).toBe(0n);
  });

  it("merges the given values into plausible defaults", () => {
    const images = read({
      task: {
        pid: 7,
        core: { tc: { comm: "server" }, thread_core: { sched_nice: -5 } },
        threads: [{ tid: 71, core: { thread_core: { comm: "worker" } } }],
        vmas: [{ start: 0x1000n, end: 0x2000n, prot: 1 }],
        descriptors: [{ id: 3 }, { id: 4, fd: 9, flags: 1 }],
        children: [{}, { pid: 9, sid: 9, kind: "zombie", core: { tc: { exit_code: 256 } } }],
      },
      files: [
        { id: 3, reg: { name: "/x", pos: 5n } },
        { id: 4, pipe: { pipe_id: 12 } },
      ],
      images: [image("timens", [{ monotonic: { tv_sec: 10n } }], 0)],
      inventory: { root_ids: { pid_ns_id: 3 } },
    });
    const { root, tasks } = readTree(images);
    expect(root.core.tc).toMatchObject({ comm: "server", task_state: 1 });
    expect(root.leader.state.sched_nice).toBe(-5);
    expect(root.threads.map(({ tid, core }) => [tid, core.thread_core?.comm])).toEqual([
      [7, undefined],
      [71, "worker"],
    ]);
    expect(root.mm.vmas).toEqual([expect.objectContaining({ start: 0x1000n, end: 0x2000n, prot: 1, flags: 0x22 })]);
    expect(root.descriptors).toMatchObject([
      { fd: 0, id: 3, type: 1 },
      { fd: 9, id: 4, type: 2, flags: 1 },
    ]);
    expect(images.file(3, "fdinfo").reg).toMatchObject({ id: 3, name: "/x", pos: 5n });
    expect(tasks.map(({ pid, sid, pgid, kind }) => [pid, sid, pgid, kind])).toEqual([
      [7, 7, 7, "alive"],
      [100, 7, 7, "alive"],
      [9, 9, 7, "zombie"],
    ]);
    expect(tasks[2]?.core.tc?.exit_code).toBe(256);
    expect(images.value("timens", 0).monotonic).toEqual({ tv_sec: 10n, tv_nsec: 0n });
    expect(images.inventory.root_ids?.pid_ns_id).toBe(3);
  });

  it("takes whole images in place of the generated ones", () => {
    const images = read({ task: { pid: 7 }, images: [image("fs", [{ cwd_id: 5 }], 7)] });
    expect(readTree(images).root.fs.cwd_id).toBe(5);
    expect(images.source.list()).toContain("core-7.img");
    expect(images.source.size("core-8.img")).toBeUndefined();
  });
});

describe("completeEntry", () => {
  it("fills in required fields at any depth, and nothing else", () => {
    expect(completeEntry("reg_files", { name: "/x" })).toEqual({
      id: 0,
      flags: 0,
      pos: 0n,
      fown: { uid: 0, euid: 0, signum: 0, pid_type: 0, pid: 0 },
      name: "/x",
      build_id: [],
    });
    expect(completeEntry("pstree", { threads: [1] }).threads).toEqual([1]);
    expect(completeEntry("core", { tc: { rlimits: { rlimits: [{ cur: 1n }] } } }).tc?.rlimits?.rlimits).toEqual([
      { cur: 1n, max: 0n },
    ]);
  });
});
