import type { Birth, Data, Step, SyscallStep, Tracee } from "@restage/linux";
import { AT_FDCWD, CLONE, O } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { defineService } from "../src/plugin/service.ts";
import { addressOf, data, output, struct } from "../src/program/deferred.ts";
import { ProgramBuilder } from "../src/program/program-builder.ts";
import { createRestoreHooks } from "../src/restore/hooks.ts";
import { ImageSet } from "../src/restore/image-set.ts";
import { Task } from "../src/restore/task.ts";
import { readTree } from "../src/restore/tree.ts";
import {
  checkpointInMemory,
  completeEntry,
  image,
  RecordingKernel,
  rehearse,
  testEntry,
  testPlan,
  testPlugin,
} from "../src/testing/mod.ts";
import { plugin } from "./support.ts";

const STUB = { occupied: [], timeout: 1000, suspendSeccomp: false };

/** The steps that `record` records. */
async function stepsOf(record: (builder: ProgramBuilder) => void): Promise<SyscallStep[]> {
  const steps: Step[] = [];
  const builder = new ProgramBuilder(async (recorded) => void steps.push(...recorded));
  record(builder);
  await builder.flush();
  return steps.filter((step) => step.kind === "syscall");
}

async function results(
  kernel: RecordingKernel,
  tracee: Tracee,
  record: (builder: ProgramBuilder) => void,
): Promise<(number | undefined)[]> {
  const steps = await stepsOf(record);
  await kernel.run(tracee, steps);
  return steps.map(({ result }) => result);
}

async function withStub(inventions = {}): Promise<{ kernel: RecordingKernel; stub: Tracee }> {
  const kernel = new RecordingKernel(inventions);
  const { tracee } = await kernel.createStub(STUB);
  return { kernel, stub: tracee };
}

const child = (pid: number) => new Task({ pid, sid: pid, pgid: pid }, "alive", undefined, {} as Task["images"]);
const clone = (builder: ProgramBuilder, pid: number, flags = 0) =>
  builder.fork(child(pid), { flags, exitSignal: 17, setTid: [pid] });

/** A process that another task forked. */
const processOf = (forker: Tracee, id: number): Birth => ({ forker, id, thread: false, newPidNamespace: false });

describe("the recording kernel", () => {
  it("gives new descriptors the lowest free number", async () => {
    const { kernel, stub } = await withStub();
    expect(
      await results(kernel, stub, ({ call }) => {
        call.openat(AT_FDCWD, "/a");
        call.openat(AT_FDCWD, "/b");
        call.dup3(1, 5, 0);
        call.socket(1, 1, 0);
        call.close(0);
        call.memfd_create("x", 0);
        call.pidfd_open(1, 0);
        call.fcntl(1, 0, 10);
        call.signalfd4(-1, 0);
        call.signalfd4(7, 0);
        call.close_range(0, 4, 0);
        call.epoll_create1(0);
      }),
    ).toEqual([0, 1, 5, 2, 0, 0, 3, 10, 4, 7, 0, 0]);
  });

  it("returns both ends of pipes and socket pairs", async () => {
    const { kernel, stub } = await withStub();
    const closed: number[] = [];
    const steps = await stepsOf(({ call }) => {
      call.openat(AT_FDCWD, "/a");
      const [read, write] = call.pipe2(0);
      call.dup3(write, 9, 0);
      call.close(read);
      const [left] = call.socketpair(1, 1, 0);
      call.lseek(left, left);
    });
    await kernel.run(stub, steps);
    closed.push(...steps.map(({ result }) => result ?? -1));
    // The pair reuses 1, which closing the read end freed.
    expect(closed).toEqual([0, 0, 9, 0, 0, 1]);
  });

  it("keeps one descriptor table per task, unless tasks share it", async () => {
    const { kernel, stub } = await withStub();
    await results(kernel, stub, (builder) => {
      builder.call.openat(AT_FDCWD, "/a");
      clone(builder, 7);
      clone(builder, 8, CLONE.FILES);
    });
    const copy = await kernel.adopt(processOf(stub, 7));
    const sharer = await kernel.adopt(processOf(stub, 8));
    const open = (tracee: Tracee) => results(kernel, tracee, ({ call }) => void call.openat(AT_FDCWD, "/b"));
    expect(await open(copy)).toEqual([1]);
    expect(await open(sharer)).toEqual([1]);
    expect(await open(stub)).toEqual([2]);
    expect(await open(copy)).toEqual([2]);
    await results(kernel, sharer, ({ call }) => void call.unshare(CLONE.FILES));
    expect(await open(sharer)).toEqual([3]);
    expect(await open(stub)).toEqual([3]);
  });

  it("gives forks the requested pids, as the caller sees them", async () => {
    const { kernel, stub } = await withStub();
    const forks = await results(kernel, stub, (builder) => {
      clone(builder, 7);
      builder.fork(child(1), { flags: CLONE.NEWPID, exitSignal: 17, setTid: [1, 70] });
      builder.fork(child(0), { flags: 0, exitSignal: 17, setTid: [] });
      builder.fork(child(0), { flags: 0, exitSignal: 17, setTid: [] });
    });
    expect(forks.slice(0, 2)).toEqual([7, 70]);
    expect(new Set(forks).size).toBe(4);
    const task = await kernel.adopt(processOf(stub, 7));
    expect(await results(kernel, task, ({ call }) => [call.getpid(), call.gettid(), call.setsid()])).toEqual([7, 7, 7]);
  });

  it("returns the expected result, the requested length or address, and 0 otherwise", async () => {
    const { kernel, stub } = await withStub();
    const [expected, ...others] = await results(kernel, stub, ({ call }) => {
      call.lseek(0, 5).expect(77n);
      call.preadv(
        0,
        [
          { address: 1, length: 10 },
          { address: 2, length: 5n },
        ],
        2,
        0,
      );
      call.write(0, new Uint8Array(3), 3);
      call.mmap(0x5000, 4096, 3, 34, -1, 0);
      call.mremap(0x5000, 4096, 4096, 3, 0x9000);
      call.umask(0);
      call.chdir("/");
    });
    expect(expected).toBe(77);
    expect(others).toEqual([15, 3, 0x5000, 0x9000, 0o22, 0]);
    const [one = 0, two = 0] = await results(kernel, stub, ({ call }) => [
      call.mmap(0, 8192, 3, 34, -1, 0),
      call.mmap(0, 4096, 3, 34, -1, 0),
    ]);
    expect(two).toBeGreaterThanOrEqual(one + 8192);
  });

  it("reads set_tid through structure fields, also if a field is a result", async () => {
    const { kernel, stub } = await withStub();
    const pid: SyscallStep = { kind: "syscall", name: "getpid", args: [], expected: 4321 };
    const ids = struct([4, { kind: "result", step: pid }]);
    const none = [8, 0] as const;
    const args = struct(
      [8, CLONE.PTRACE],
      none,
      none,
      none,
      [8, 17],
      none,
      none,
      none,
      [8, addressOf(ids)],
      [8, 1],
      none,
    );
    const fork: SyscallStep = { kind: "syscall", name: "clone3", args: [addressOf(args), 88] };
    await kernel.run(stub, [pid, fork]);
    expect(fork.result).toBe(4321);
  });

  it("delivers a message between tasks, whichever side comes first", async () => {
    const { kernel, stub } = await withStub();
    await results(kernel, stub, (builder) => [clone(builder, 7), clone(builder, 8)]);
    const [sender, receiver] = [await kernel.adopt(processOf(stub, 7)), await kernel.adopt(processOf(stub, 8))];
    const name = data(Uint8Array.of(1, 0, 0, 120));
    const header = (to: Data | undefined, payload: Data, control: Data) =>
      struct(
        [8, to === undefined ? 0 : addressOf(to)],
        [8, 4],
        [8, addressOf(struct([8, addressOf(payload)], [8, payload.bytes.length]))],
        [8, 1],
        [8, addressOf(control)],
        [8, control.bytes.length],
        [8, 0],
      );
    await results(kernel, receiver, ({ call }) => [call.socket(1, 2, 0), call.bind(0, name, 4)]);
    const room = output(4);
    const rights = output(24);
    const receiving = results(kernel, receiver, ({ call }) => void call.recvmsg(0, header(undefined, room, rights), 0));
    const sending = results(kernel, sender, ({ call }) => {
      call.sendmsg(0, header(name, data(Uint8Array.of(9, 8)), struct([8, 24], [4, 1], [4, 1], [4, 5], [4, 6])), 0);
    });
    expect(await Promise.all([sending, receiving])).toEqual([[2], [2]]);
    expect([...room.bytes]).toEqual([9, 8, 0, 0]);
    // Two descriptors arrived, with the lowest numbers that were free in the receiver.
    expect([...new Int32Array(rights.bytes.buffer)]).toEqual([24, 0, 1, 1, 1, 2]);
  });

  it("fails the requested calls, of the requested caller, as often as requested", async () => {
    const { kernel, stub } = await withStub({
      failures: [
        { call: "chdir", of: 7, result: "ENOENT", nth: 2 },
        { call: "umask", result: 99 },
        { call: "openat", of: "coordinator", result: "EACCES" },
      ],
    });
    await results(kernel, stub, (builder) => clone(builder, 7));
    const task = await kernel.adopt(processOf(stub, 7));
    const tolerant = (builder: ProgramBuilder) => {
      for (let n = 0; n < 3; n++) builder.call.chdir("/").allow("ENOENT");
      builder.call.umask(0);
    };
    expect(await results(kernel, task, tolerant)).toEqual([0, -2, 0, 99]);
    expect(await results(kernel, stub, tolerant)).toEqual([0, 0, 0, 99]);
    expect(kernel.host.call({ kind: "syscall", name: "openat", args: [] })).toBe(-13);
    expect(kernel.host.call({ kind: "syscall", name: "mkdirat", args: [] })).toBe(0);
  });

  it("rejects a program at the failing step, as the real kernel does", async () => {
    const { kernel, stub } = await withStub({ failures: [{ call: "chdir", result: "ENOENT" }] });
    const steps = await stepsOf(({ call }) => [call.getpid(), call.chdir("/"), call.umask(0)]);
    await expect(kernel.run(stub, steps)).rejects.toMatchObject({
      name: "ProgramError",
      tid: stub.tid,
      step: steps[1],
      failure: { kind: "result", result: -2 },
    });
    expect(steps.map(({ result }) => result)).toEqual([stub.tid, -2, undefined]);
  });

  it("enforces the contract of the Kernel port", async () => {
    const { kernel, stub } = await withStub();
    const getpid: SyscallStep = { kind: "syscall", name: "getpid", args: [] };
    await expect(kernel.run({ tid: 7, tgid: 7 }, [getpid])).rejects.toThrow(/task 7/);
    await expect(kernel.adopt(processOf(stub, 7))).rejects.toThrow(/no program forked it/);
    await results(kernel, stub, (builder) => clone(builder, 7));
    const task = await kernel.adopt(processOf(stub, 7));
    const state = {
      registers: new Uint8Array(),
      extendedState: { legacy: new Uint8Array(), components: [] },
      signalMask: 0n,
      lastCalls: [],
      pokes: [],
    };
    kernel.conclude([[{ tracee: task, state }]]);
    await expect(kernel.run(task, [getpid])).rejects.toThrow(/restorer area is gone/);
    kernel.resume([task]);
    await expect(kernel.run(task, [getpid])).rejects.toThrow(/not under/);
    await kernel.killAll();
    await expect(kernel.run(stub, [getpid])).rejects.toThrow(/not under/);
  });

  it("knows of the host only what a test specifies", () => {
    const stat = { mode: 0o100644, size: 5n };
    const ignorant = new RecordingKernel().host;
    expect([ignorant.stat("/"), ignorant.readText("/proc/self/status"), ignorant.pidHolder(1)]).toEqual([
      "unknown",
      undefined,
      undefined,
    ]);
    expect(ignorant.clock("CLOCK_BOOTTIME")).toBe(ignorant.clock("CLOCK_BOOTTIME"));
    const { host } = new RecordingKernel({
      files: { "/a": stat, "/b": "missing" },
      texts: { "/c": "text" },
      pidHolders: { 5: "sshd" },
      clock: 9n,
    });
    expect([host.stat("/a"), host.stat("/b"), host.stat("/x")]).toEqual([stat, "missing", "unknown"]);
    expect([host.readText("/c"), host.pidHolder(5), host.clock("CLOCK_MONOTONIC")]).toEqual(["text", "sshd", 9n]);
  });

  it("places the zone and the parked vdso outside of the occupied ranges", async () => {
    const kernel = new RecordingKernel();
    const { restorerArea: area } = await kernel.createStub(STUB);
    const occupied = [{ start: area.start + 4096, end: area.start + 8192 }];
    const { restorerArea: other, vdso, scratch } = await kernel.createStub({ ...STUB, occupied });
    expect(other.start >= area.start + 8192 || other.start + other.length <= area.start + 4096).toBe(true);
    for (const { start, end } of [...vdso, scratch]) {
      expect(start).toBeGreaterThanOrEqual(other.start);
      expect(end).toBeLessThanOrEqual(other.start + other.length);
    }
    expect(vdso.map(({ name }) => name)).toContain("[vdso]");
  });
});

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

const Paths = defineService<{ of(id: number): string }>("paths");

/** A plugin like one that a plugin author would write. */
const mounts = plugin(
  "mounts",
  ({ plan, stages, entries, service }) => {
    entries.reg_files.tap("mounts", (file) => ({ ...file, name: `/mnt${file.name}` }));
    plan.tap("mounts", (found) => {
      if (found.host.stat("/mnt") === "missing") found.refuse({ what: "/mnt", why: "it is not there" });
      found.warn({ what: "mounts", why: "they are a test" });
    });
    stages.PREPARE_NAMESPACES.enter.tap("mounts", ({ host }) => {
      host.call.mkdirat(AT_FDCWD, "/mnt", 0o755).undo((call) => void call.unlinkat(AT_FDCWD, "/mnt", 0x200));
      host.writeFile("/proc/sys/x", "1");
    });
    stages.PREPARE_NAMESPACES.task.tap("mounts", (root) => {
      const fd = root.call.openat(AT_FDCWD, service(Paths).of(3), O.PATH);
      root.call.fchdir(fd);
    });
    stages.RESTORE.thread.tap("mounts", (thread) => void thread.call.gettid());
  },
  { duty: "mounting", needs: ["another"], uses: [Paths] },
);
const paths = plugin(
  "paths",
  ({ provide, stages }) => {
    provide(Paths, { of: (id) => `/path/${id}` });
    stages.PREPARE_NAMESPACES.task.tap("paths", (root) => void root.call.getpid());
  },
  { provides: [Paths] },
);

describe("testPlugin", () => {
  it("returns what the plugin records in a stage, without the lines of other plugins", async () => {
    expect(await testPlugin(mounts, { stage: "PREPARE_NAMESPACES", with: [paths], task: { pid: 7 } })).toEqual([
      'coordinator PREPARE_NAMESPACES mounting: mkdirat(AT_FDCWD, "/mnt", 0755)',
      'coordinator PREPARE_NAMESPACES mounting: undo: unlinkat(AT_FDCWD, "/mnt", 512)',
      'coordinator PREPARE_NAMESPACES mounting: write "1" to /proc/sys/x',
      '7 PREPARE_NAMESPACES mounting: $1 = openat(AT_FDCWD, "/path/3", O_PATH)',
      "7 PREPARE_NAMESPACES mounting: fchdir($1)",
    ]);
  });

  it("returns every stage when none is named, and names threads by their IDs", async () => {
    const lines = await testPlugin(mounts, { with: [paths], task: { pid: 7, threads: [{ tid: 71 }] } });
    expect(lines).toContain("71 RESTORE mounting: gettid()");
    expect(lines).toContain("7 RESTORE mounting: gettid()");
  });

  it("throws when the plugin refuses the restore", async () => {
    await expect(testPlugin(mounts, { with: [paths], host: { files: { "/mnt": "missing" } } })).rejects.toMatchObject({
      code: "ERR_REFUSED",
      plugin: "mounting",
    });
  });

  it("throws a failure up to the named stage, but not a later one", async () => {
    const host = { failures: [{ call: "gettid", result: "EPERM" }] } as const;
    await expect(testPlugin(mounts, { stage: "RESTORE", with: [paths], host })).rejects.toMatchObject({
      code: "ERR_SYSCALL",
    });
    await expect(testPlugin(mounts, { stage: "COMPLETE", with: [paths], host })).rejects.toMatchObject({
      code: "ERR_SYSCALL",
    });
    expect(await testPlugin(mounts, { stage: "PREPARE_NAMESPACES", with: [paths], host })).toHaveLength(5);
  });

  it("shows what a plugin writes to memory, which has the content that the test gives", async () => {
    const patching = plugin("patching", ({ patchMemory }) =>
      patchMemory.tap("patching", (patch) => {
        const { task } = patch;
        for (const { start } of task.mm.vmas) patch.write(start + 4n, patch.read(start, 4) ?? Uint8Array.of(0));
      }),
    );
    const memory = [
      { start: 0x10000n, content: "text" },
      { start: 0x20000n, content: Uint8Array.of(1, 2) },
    ];
    const vmas = [{ start: 0x30000n, end: 0x31000n }];
    expect(await testPlugin(patching, { task: { pid: 7, memory, vmas } })).toEqual([
      '7 RESTORE patching: copy(0x10004, "text")',
      "7 RESTORE patching: copy(0x20004, [01020000])",
      "7 RESTORE patching: copy(0x30004, [00])",
    ]);
  });

  it("throws when a service is missing", async () => {
    await expect(testPlugin(mounts, {})).rejects.toMatchObject({ code: "ERR_DUTY_MISSING" });
  });
});

describe("testPlan and testEntry", () => {
  it("return the findings of the plugin alone", async () => {
    const other = plugin("other", ({ plan }) => plan.tap("other", (found) => found.refuse({ what: "all", why: "no" })));
    const findings = await testPlan(mounts, { with: [paths, other], host: { files: { "/mnt": "missing" } } });
    expect(findings.map(({ severity, what, plugin }) => [severity, what, plugin])).toEqual([
      ["refused", "/mnt", "mounting"],
      ["warning", "mounts", "mounting"],
    ]);
  });

  it("return the entry as the plugin changes it", () => {
    const alone = { ...mounts, uses: [] };
    expect(testEntry(alone, "reg_files", { name: "/a" })).toMatchObject({ name: "/mnt/a", pos: 0n });
    expect(testEntry(alone, "pstree", { pid: 3 }).pid).toBe(3);
  });
});

describe("rehearse", () => {
  it("returns a failure instead of throwing it", async () => {
    const { error, restored } = await rehearse({
      plugins: [
        plugin("bad", () => {
          throw new Error("no");
        }),
      ],
    });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", plugin: "bad" });
    expect(restored).toBeUndefined();
  });
});
