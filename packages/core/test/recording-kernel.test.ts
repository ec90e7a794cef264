import type { Birth, Data, Step, SyscallStep, Tracee } from "@restage/linux";
import { AT_FDCWD, CLONE } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { addressOf, data, output, struct } from "../src/program/deferred.ts";
import { ProgramBuilder } from "../src/program/program-builder.ts";
import { Task } from "../src/restore/task.ts";
import { RecordingKernel } from "../src/testing/mod.ts";

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
      threadAreas: [],
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
    expect(
      [ignorant, new RecordingKernel({ outputs: "" }).host].map((host) => host.runProgram("tar", []).status),
    ).toEqual([undefined, 0]);
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
