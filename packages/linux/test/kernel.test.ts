import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  CLONE,
  CLONE_ARGS,
  ERRNO,
  MAP,
  O,
  PAGE_SIZE,
  PROT,
  SEEK,
  SIG,
  syscallNumber,
  USER_REGS_SIZE,
  userRegOffset,
  W,
  waitStatus,
} from "../src/abi/mod.ts";
import { readStat, readText } from "../src/host/procfs.ts";
import type { Birth, ExtendedState, FinalState, ProgramError, Stub, Tracee } from "../src/kernel.ts";
import { type LinuxKernel, openKernel } from "../src/linux-kernel.ts";
import type { Program, SyscallStep } from "../src/program/program.ts";
import { addressOf, call, data, output, resultOf } from "./steps.ts";
import { needing } from "./support.ts";

const isRoot = process.getuid?.() === 0;
const there = process.platform === "linux" && process.arch === "x64";
const TIMEOUT = 2000;
/** Above the pids of a machine with few tasks. */
const FIRST_PID = 31_000;

let kernel: LinuxKernel;
let stub: Stub;

beforeEach(async () => {
  if (there) await start(TIMEOUT);
});

afterEach(async () => {
  if (there) await stop();
});

async function start(timeout: number): Promise<void> {
  kernel = await openKernel();
  stub = await kernel.createStub({ occupied: [], timeout, suspendSeccomp: false });
}

async function stop(): Promise<void> {
  await kernel.killAll();
  kernel.close();
}

/** Runs a program that must fail, and returns its error. */
async function failureOf(tracee: Tracee, program: Program): Promise<ProgramError> {
  try {
    await kernel.run(tracee, program);
  } catch (error) {
    expect((error as Error).name).toBe("ProgramError");
    return error as ProgramError;
  }
  throw new Error("The program did not fail");
}

/** A fork that arrives traced. */
function fork(setTid: readonly number[] = [], flags = 0, exitSignal: number = SIG.CHLD): SyscallStep {
  const args = new DataView(new ArrayBuffer(CLONE_ARGS.size));
  args.setBigUint64(CLONE_ARGS.flags, BigInt(flags | CLONE.PTRACE), true);
  args.setBigUint64(CLONE_ARGS.exit_signal, BigInt(exitSignal), true);
  args.setBigUint64(CLONE_ARGS.set_tid_size, BigInt(setTid.length), true);
  const list = data(new Uint8Array(Uint32Array.from(setTid).buffer));
  const fields = setTid.length === 0 ? [] : [{ offset: CLONE_ARGS.set_tid, size: 8, value: addressOf(list) } as const];
  return call("clone3", addressOf(data(new Uint8Array(args.buffer), fields)), CLONE_ARGS.size);
}

/** The birth of a task that the stub forked. */
function born(id = 0): Birth {
  return { forker: stub.tracee, id, thread: false, newPidNamespace: false };
}

/** A child of the stub. */
async function child(flags = 0): Promise<Tracee> {
  const step = fork([], flags, (flags & CLONE.PARENT) === 0 ? SIG.CHLD : 0);
  await kernel.run(stub.tracee, [step]);
  return await kernel.adopt({ ...born(step.result), newPidNamespace: (flags & CLONE.NEWPID) !== 0 });
}

/** Free pids that the kernel does not give to the next tasks. */
function freePids(count: number): number[] {
  const last = Number(readText("/proc/loadavg")?.split(" ").at(-1));
  const end = Number(readText("/proc/sys/kernel/pid_max"));
  const pids: number[] = [];
  for (let pid = FIRST_PID; pid < end && pids.length < count; pid++) {
    if (!isThere(pid) && (pid < last || pid > last + 400)) pids.push(pid);
  }
  return pids;
}

/** Forks children with chosen pids. Tries again when another process got one of them meanwhile. */
async function forkFreePids(count: number, attempts = 2): Promise<{ pids: number[]; forks: SyscallStep[] }> {
  const pids = freePids(count);
  const forks = pids.map((pid) => fork([pid]));
  try {
    await kernel.run(stub.tracee, forks);
  } catch (error) {
    if (attempts === 1) throw error;
    await stop();
    await start(TIMEOUT);
    return await forkFreePids(count, attempts - 1);
  }
  return { pids, forks };
}

function mapping(length: number): SyscallStep {
  return call("mmap", 0, length, PROT.READ | PROT.WRITE | PROT.EXEC, MAP.PRIVATE | MAP.ANONYMOUS, -1, 0);
}

function memfd(): SyscallStep {
  return call("memfd_create", addressOf(data("test\0")), 0);
}

function isThere(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

async function until(condition: () => boolean, milliseconds = 3000): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}

describe.skipIf(!there)(needing(there, "a program in the stub", "Linux on x86_64"), () => {
  it("gives every step its result", async () => {
    const steps = [call("getpid"), call("gettid"), call("umask", 0o27), call("umask", 0)];
    await kernel.run(stub.tracee, steps);
    expect(steps.map(({ result }) => result)).toEqual([stub.tracee.tid, stub.tracee.tid, expect.any(Number), 0o27]);
  });

  it("passes results on as arguments, and returns what the kernel writes", async () => {
    const file = memfd();
    const text = data("hello, world");
    const read = output(5);
    const written = { ...call("write", resultOf(file), addressOf(text), 12), expected: 12 };
    await kernel.run(stub.tracee, [
      file,
      written,
      { ...call("lseek", resultOf(file), -5, SEEK.END), expected: 7 },
      { ...call("read", resultOf(file), addressOf(read), 5), expected: 5 },
    ]);
    expect(new TextDecoder().decode(read.bytes)).toBe("world");
    // In a later program the result is a value.
    await kernel.run(stub.tracee, [
      { ...call("lseek", resultOf(file), 0, SEEK.CUR), expected: 12 },
      call("close", resultOf(file)),
    ]);
  });

  it("uses descriptors that the kernel wrote to memory", async () => {
    const pair = output(8);
    const end = (offset: number) => ({ kind: "loaded", data: pair, offset, size: 4 }) as const;
    const read = output(2);
    await kernel.run(stub.tracee, [
      call("pipe2", addressOf(pair), 0),
      { ...call("write", end(4), addressOf(data("ok")), 2), expected: 2 },
      { ...call("read", end(0), addressOf(read), 2), expected: 2 },
    ]);
    expect(new TextDecoder().decode(read.bytes)).toBe("ok");
    await kernel.run(stub.tracee, [call("close", end(0)), call("close", end(4))]);
  });

  it("stores results into a structure before the call that reads it", async () => {
    const place = mapping(PAGE_SIZE);
    const file = memfd();
    const range = data(new Uint8Array(16), [
      { offset: 0, size: 8, value: resultOf(place) },
      { offset: 8, size: 8, value: 3 },
    ]);
    // struct pollfd: the descriptor is the 32 bits that a store must not exceed.
    const poll = data(Uint8Array.of(0, 0, 0, 0, 4, 0, 0, 0), [{ offset: 0, size: 4, value: resultOf(file) }]);
    const read = output(3);
    await kernel.run(stub.tracee, [
      place,
      file,
      { kind: "copy", to: resultOf(place), from: data("abc") },
      { ...call("writev", resultOf(file), addressOf(range), 1), expected: 3 },
      { ...call("poll", addressOf(poll), 1, 0), expected: 1 },
      { ...call("pread64", resultOf(file), addressOf(read), 3, 0), expected: 3 },
    ]);
    expect(new TextDecoder().decode(read.bytes)).toBe("abc");
  });

  it("passes numbers above 2^53 and below 0 unchanged", async () => {
    const file = memfd();
    const far = 2n ** 60n + 1n;
    const mask = output(8);
    const blocked = data(new Uint8Array(BigUint64Array.of(0x8000_0000_0000_0201n).buffer));
    await kernel.run(stub.tracee, [
      file,
      { ...call("lseek", resultOf(file), far, SEEK.SET), expected: far },
      { ...call("lseek", resultOf(file), -1n, SEEK.CUR), expected: far - 1n },
      { ...call("lseek", resultOf(file), -1, SEEK.SET), allowed: [ERRNO.EINVAL] },
      call("rt_sigprocmask", 0, addressOf(blocked), 0, 8),
      call("rt_sigprocmask", 0, 0, addressOf(mask), 8),
    ]);
    const failed = await failureOf(stub.tracee, [
      { ...call("lseek", resultOf(file), far, SEEK.SET), expected: far - 1n },
    ]);
    expect(failed.failure.kind).toBe("result");
    const set = new DataView(mask.bytes.buffer).getBigUint64(0, true);
    expect(set & 0x8000_0000_0000_0201n).toBe(0x8000_0000_0000_0201n);
  });

  it("stops at the first step that fails, and names it with its result", async () => {
    const steps = [call("getpid"), call("close", 999), call("getppid")];
    const error = await failureOf(stub.tracee, steps);
    expect(error).toMatchObject({ tid: stub.tracee.tid, failure: { kind: "result", result: -ERRNO.EBADF } });
    expect(error.step).toBe(steps[1]);
    expect(steps[2]?.result).toBeUndefined();
    // The task is still usable.
    await kernel.run(stub.tracee, [call("getpid")]);
  });

  it("stops where another result was expected", async () => {
    const file = memfd();
    const short = { ...call("write", resultOf(file), addressOf(data("12345")), 5), expected: 6 };
    const error = await failureOf(stub.tracee, [file, short, call("getpid")]);
    expect(error.step).toBe(short);
    expect(error.failure).toEqual({ kind: "result", result: 5 });
  });

  it("continues after allowed errors, and only after those", async () => {
    const closing = (allowed: SyscallStep["allowed"] & {}): SyscallStep => ({ ...call("close", 999), allowed });
    const steps = [
      closing([ERRNO.EBADF]),
      closing([ERRNO.EPERM, ERRNO.ENOENT, ERRNO.EINVAL, ERRNO.EBADF]),
      closing("any"),
      closing([ERRNO.EPERM, ERRNO.ENOENT]),
    ];
    const error = await failureOf(stub.tracee, steps);
    expect(error.step).toBe(steps[3]);
    expect(steps.map(({ result }) => result)).toEqual([-ERRNO.EBADF, -ERRNO.EBADF, -ERRNO.EBADF, -ERRNO.EBADF]);
  });

  it("copies bytes of any length", async () => {
    const bytes = Uint8Array.from({ length: 3 * PAGE_SIZE + 5 }, (_value, index) => index % 251);
    const place = mapping(4 * PAGE_SIZE);
    const file = memfd();
    const read = output(bytes.length);
    await kernel.run(stub.tracee, [
      place,
      { kind: "copy", to: resultOf(place), from: data(bytes) },
      file,
      { ...call("write", resultOf(file), resultOf(place), bytes.length), expected: bytes.length },
      { ...call("pread64", resultOf(file), addressOf(read), bytes.length, 0), expected: bytes.length },
    ]);
    expect(read.bytes).toEqual(bytes);
  });

  it("merges pages: copies those that differ, and leaves equal ones shared", async () => {
    const pages = new Uint8Array(4 * PAGE_SIZE);
    for (let page = 0; page < 4; page++) pages.fill(page + 1, page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    const changed = pages.slice();
    changed[2 * PAGE_SIZE + 4095] = 99;
    const file = memfd();
    const target = call("mmap", 0, 4 * PAGE_SIZE, PROT.READ | PROT.WRITE, MAP.PRIVATE, resultOf(file), 0);
    const source = mapping(4 * PAGE_SIZE);
    const copy = memfd();
    const read = output(changed.length);
    await kernel.run(stub.tracee, [
      file,
      call("write", resultOf(file), addressOf(data(pages)), pages.length),
      target,
      source,
      { kind: "copy", to: resultOf(source), from: data(changed) },
      { kind: "merge", to: resultOf(target), from: resultOf(source), length: changed.length },
      copy,
      call("write", resultOf(copy), resultOf(target), changed.length),
      call("pread64", resultOf(copy), addressOf(read), changed.length, 0),
    ]);
    expect(read.bytes).toEqual(changed);
    const start = (target.result ?? 0).toString(16).padStart(8, "0");
    const maps = readText(`/proc/${stub.tracee.tid}/smaps`) ?? "";
    const about = maps.slice(maps.indexOf(`${start}-`));
    // Pages of a private mapping that were written to are anonymous.
    expect(/^Anonymous: +(\d+) kB/m.exec(about)?.[1]).toBe("4");
  });

  it("can have thousands of steps", async () => {
    const file = memfd();
    const steps = Array.from({ length: 5000 }, (_value, index) => call("lseek", resultOf(file), index, SEEK.SET));
    await kernel.run(stub.tracee, [file, ...steps]);
    expect(steps.every(({ result }, index) => result === index)).toBe(true);
  });

  it("that runs for long neither blocks other tasks nor the event loop", async () => {
    const other = await child();
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    const sleep = (milliseconds: number) => {
      const time = BigUint64Array.of(0n, BigInt(milliseconds) * 1_000_000n);
      return call("nanosleep", addressOf(data(new Uint8Array(time.buffer))), 0);
    };
    const started = performance.now();
    await Promise.all([kernel.run(stub.tracee, [sleep(500)]), kernel.run(other, [sleep(500)])]);
    clearInterval(ticking);
    // Both ran at once, and so did the event loop.
    expect(performance.now() - started).toBeLessThan(950);
    expect(turns).toBeGreaterThan(3);
  });

  it("reports a fault, with the step", async () => {
    const copy = { kind: "copy", to: 0x1000, from: data("x") } as const;
    const error = await failureOf(stub.tracee, [call("getpid"), copy, call("getppid")]);
    expect(error.failure).toEqual({ kind: "signal", signal: SIG.SEGV });
    expect(error.step).toBe(copy);
  });

  it("that hangs fails after the time limit, with the call in which the task is blocked", async () => {
    await stop();
    await start(300);
    const pair = output(8);
    const read = call("read", { kind: "loaded", data: pair, offset: 0, size: 4 }, addressOf(output(1)), 1);
    const started = performance.now();
    const error = await failureOf(stub.tracee, [call("pipe2", addressOf(pair), 0), read]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(300);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(error.step).toBe(read);
    expect(error.failure).toMatchObject({ kind: "stuck", syscall: syscallNumber("read") });
    expect(await kernel.killAll()).toEqual([]);
    expect(isThere(stub.tracee.tid)).toBe(false);
  });

  it("fails when its task is killed", async () => {
    const victim = await child();
    const pause = call("pause");
    const failing = failureOf(victim, [call("getpid"), pause]);
    setTimeout(() => process.kill(victim.tid, "SIGKILL"), 30);
    const error = await failing;
    expect(error.step).toBe(pause);
    expect(error.failure).toEqual({ kind: "died", exit: { code: undefined, signal: SIG.KILL } });
    // The kernel remembers that it is gone.
    expect((await failureOf(victim, [call("getpid")])).failure.kind).toBe("died");
  });

  it("fails when its task was killed before it", async () => {
    const victim = await child();
    process.kill(victim.tid, "SIGKILL");
    expect(await until(() => readStat(victim.tid)?.state === "Z")).toBe(true);
    expect((await failureOf(victim, [call("getpid")])).failure).toEqual({
      kind: "died",
      exit: { code: undefined, signal: SIG.KILL },
    });
  });

  it("continues under signals from outside, which stay pending", async () => {
    const task = await child();
    const running = kernel.run(task, [
      call("nanosleep", addressOf(data(new Uint8Array(BigUint64Array.of(0n, 200_000_000n).buffer))), 0),
    ]);
    for (const signal of ["SIGTERM", "SIGUSR1", "SIGSTOP", "SIGCONT"] as const) {
      setTimeout(() => process.kill(task.tid, signal), 30);
    }
    await running;
    const pending = output(8);
    await kernel.run(task, [call("rt_sigpending", addressOf(pending), 8)]);
    const set = new DataView(pending.bytes.buffer).getBigUint64(0, true);
    expect(set & (1n << BigInt(SIG.TERM - 1))).not.toBe(0n);
  });

  it("without steps does not touch the task", async () => {
    const nobody: Tracee = { tid: 1, tgid: 1 };
    await expect(kernel.run(nobody, [])).resolves.toBeUndefined();
    await expect(kernel.run(nobody, [call("getpid")])).rejects.toThrow("Program of 1 failed");
  });
});

describe.skipIf(!there)(needing(there, "the stub", "Linux on x86_64"), () => {
  it("has no descriptors, and no memory but the restorer area and the parked vdso", async () => {
    expect(await until(() => (readText(`/proc/${stub.tracee.tid}/maps`) ?? "") !== "")).toBe(true);
    const { start, length } = stub.restorerArea;
    const maps = (readText(`/proc/${stub.tracee.tid}/maps`) ?? "")
      .split("\n")
      .filter((line) => !line.endsWith("[vsyscall]"));
    for (const line of maps) {
      const [from = "", to = ""] = (line.split(" ")[0] ?? "").split("-");
      expect(Number.parseInt(from, 16)).toBeGreaterThanOrEqual(start);
      expect(Number.parseInt(to, 16)).toBeLessThanOrEqual(start + length);
    }
    for (const { name, start: from } of stub.vdso)
      expect(maps.join("\n")).toMatch(new RegExp(`${from.toString(16)}.*${name.replace(/[[\]]/g, "\\$&")}`));
    expect(stub.vdso.map(({ name }) => name)).toContain("[vdso]");
    expect([...(stub.vdsoText ?? []).slice(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    const directory = call("openat", -100, addressOf(data("/\0")), O.RDONLY);
    await kernel.run(stub.tracee, [directory]);
    expect(directory.result).toBe(0);
  });

  it("avoids addresses that tasks will use", async () => {
    const { start, length } = stub.restorerArea;
    await stop();
    kernel = await openKernel();
    stub = await kernel.createStub({
      occupied: [{ start: start + 4096, end: start + 8192 }],
      timeout: TIMEOUT,
      suspendSeccomp: false,
    });
    const apart = stub.restorerArea.start >= start + 8192 || stub.restorerArea.start + length <= start + 4096;
    expect(apart).toBe(true);
  });

  it("is gone when it is dismissed", async () => {
    await kernel.dismissStub(1);
    expect(isThere(stub.tracee.tid)).toBe(false);
    await expect(kernel.run(stub.tracee, [call("getpid")])).rejects.toThrow();
  });
});

describe.skipIf(!there || !isRoot)(needing(there && isRoot, "a program that forks", "root, Linux on x86_64"), () => {
  it("makes two hundred tasks with chosen pids, which run programs at once and are gone after killAll", async () => {
    const { pids, forks } = await forkFreePids(200);
    expect(forks.map(({ result }) => result)).toEqual(pids);
    const tasks = await Promise.all(pids.map((pid) => kernel.adopt(born(pid))));
    const asked = pids.map(() => call("getpid"));
    await Promise.all(tasks.map((task, index) => kernel.run(task, [asked[index] as SyscallStep])));
    expect(asked.map(({ result }) => result)).toEqual(pids);
    expect(await kernel.killAll()).toEqual([]);
    expect([...pids, stub.tracee.tid].filter(isThere)).toEqual([]);
  });

  it("fails when a pid is taken; pidHolder names its holder", async () => {
    const error = await failureOf(stub.tracee, [fork([process.pid])]);
    expect(error.failure).toEqual({ kind: "result", result: -ERRNO.EEXIST });
    expect(kernel.host.pidHolder(process.pid)).toContain(String(process.pid));
    const [free = 0] = freePids(1);
    expect(kernel.host.pidHolder(free)).toBeUndefined();
  });
});

describe.skipIf(!there)(needing(there, "a task", "Linux on x86_64"), () => {
  it("can fork tasks, and threads that share everything", async () => {
    const task = await child();
    const thread = fork([], CLONE.VM | CLONE.FS | CLONE.FILES | CLONE.SIGHAND | CLONE.THREAD | CLONE.SYSVSEM, 0);
    const grandchild = fork();
    await kernel.run(task, [thread, grandchild]);
    const started = await kernel.adopt({ ...born(thread.result), forker: task, thread: true });
    await kernel.adopt({ ...born(grandchild.result), forker: task });
    const asked = [call("getpid"), call("gettid")];
    await kernel.run(started, asked);
    expect(asked.map(({ result }) => result)).toEqual([task.tid, thread.result]);
    expect(await kernel.killAll()).toEqual([]);
    expect([task.tid, thread.result ?? 0, grandchild.result ?? 0].filter(isThere)).toEqual([]);
  });

  it.skipIf(!isRoot)("that is in a pid namespace forks tasks and threads, which have other ids there", async () => {
    const init = await child(CLONE.NEWPID);
    const thread = fork([], CLONE.VM | CLONE.FS | CLONE.FILES | CLONE.SIGHAND | CLONE.THREAD | CLONE.SYSVSEM, 0);
    const [grandchild, other] = [fork([7]), fork([5])];
    await kernel.run(init, [thread, grandchild, other]);
    expect([grandchild.result, other.result]).toEqual([7, 5]);
    const five = await kernel.adopt({ ...born(5), forker: init });
    const seven = await kernel.adopt({ ...born(7), forker: init });
    const second = await kernel.adopt({ ...born(thread.result), forker: init, thread: true });
    const asked = [call("getpid"), call("getpid"), call("getpid")];
    await Promise.all([seven, five, second].map((task, at) => kernel.run(task, [asked[at] as SyscallStep])));
    expect(asked.map(({ result }) => result)).toEqual([7, 5, 1]);
    expect(await kernel.killAll()).toEqual([]);
    expect([init.tid, five.tid, seven.tid, second.tid].filter(isThere)).toEqual([]);
  });

  it("that nobody forked cannot be adopted", async () => {
    await expect(kernel.adopt(born(process.pid))).rejects.toThrow(/Cannot take over task/);
  });

  it("ends by exit or by a signal, and is then a zombie of its parent", async () => {
    const [one, two, three] = [await child(), await child(), await child()];
    await kernel.run(three, [call("getpid")]);
    await kernel.end(one, { code: 7, signal: undefined });
    await kernel.end(two, { code: undefined, signal: SIG.TERM });
    await kernel.end(three, { code: undefined, signal: SIG.SEGV });
    expect([one, two, three].map(({ tid }) => readStat(tid)?.state)).toEqual(["Z", "Z", "Z"]);
    const status = output(4);
    const statusOf = () => waitStatus(new DataView(status.bytes.buffer).getUint32(0, true));
    const reap = async (pid: number) => {
      await kernel.run(stub.tracee, [{ ...call("wait4", pid, addressOf(status), W.ALL, 0), expected: pid }]);
      return statusOf();
    };
    expect(await reap(one.tid)).toEqual({ kind: "exited", code: 7 });
    expect(await reap(two.tid)).toMatchObject({ kind: "killed", signal: SIG.TERM });
    expect(await reap(three.tid)).toMatchObject({ kind: "killed", signal: SIG.SEGV });
  });

  it("makes single calls by syscall stops", async () => {
    const task = await child();
    expect(kernel.call(task, call("getpid"))).toBe(task.tid);
    expect(kernel.call(task, call("close", 999))).toBe(-ERRNO.EBADF);
  });
});

/** mov rdi, [rsi] ; mov eax, 231 (exit_group) ; syscall */
const EXIT_WITH_WORD = Uint8Array.of(0x48, 0x8b, 0x3e, 0xb8, 0xe7, 0x00, 0x00, 0x00, 0x0f, 0x05);
/** mov eax, 34 (pause) ; syscall ; jmp to the start */
const PAUSE = Uint8Array.of(0xb8, 0x22, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xeb, 0xf7);
const NOTHING_USED: ExtendedState = { legacy: legacyState(), components: [] };

/** The FXSAVE area of a thread that has computed nothing: control word and mxcsr as the kernel sets them. */
function legacyState(): Uint8Array {
  const area = new Uint8Array(512);
  new DataView(area.buffer).setUint16(0, 0x37f, true);
  new DataView(area.buffer).setUint32(24, 0x1f80, true);
  return area;
}

/** A task with some code in a page of its own. */
async function taskWithCode(code: Uint8Array, flags: number = CLONE.PARENT): Promise<{ task: Tracee; page: number }> {
  const task = await child(flags);
  const page = mapping(PAGE_SIZE);
  await kernel.run(task, [page, { kind: "copy", to: resultOf(page), from: data(code) }]);
  return { task, page: page.result ?? 0 };
}

function finalState(values: Readonly<Record<string, number>>, more: Partial<FinalState> = {}): FinalState {
  const registers = new Uint8Array(USER_REGS_SIZE);
  const view = new DataView(registers.buffer);
  const all = { orig_ax: -1, cs: 0x33, ss: 0x2b, flags: 0x202, ...values };
  for (const [name, value] of Object.entries(all)) view.setBigInt64(userRegOffset(name as "ip"), BigInt(value), true);
  return { registers, extendedState: NOTHING_USED, signalMask: 0n, lastCalls: [], pokes: [], ...more };
}

describe.skipIf(!there)(needing(there, "a concluded task", "Linux on x86_64"), () => {
  it("resumes with its registers and poked words, and without the restorer area", async () => {
    const { task, page } = await taskWithCode(EXIT_WITH_WORD);
    const umask = call("umask", 0o77);
    const state = finalState(
      { ip: page, si: page + 64 },
      { pokes: [{ address: BigInt(page + 64), value: 42n }], lastCalls: [umask] },
    );
    kernel.conclude([[{ tracee: task, state }]]);
    expect(umask.result).toBeTypeOf("number");
    const maps = readText(`/proc/${task.tid}/maps`) ?? "";
    // Only its own page is left; and the vsyscall page, which every task has.
    expect(maps.split("\n").filter((line) => !line.endsWith("[vsyscall]"))).toHaveLength(1);
    expect(kernel.resume([task])).toEqual([]);
    const { raw } = kernel;
    const end = () => raw.syscall("wait4", task.tid, raw.scratchAddress, W.NOHANG | W.ALL, 0) === task.tid;
    expect(await until(end)).toBe(true);
    expect(waitStatus(raw.scratchView.getUint32(0, true))).toEqual({ kind: "exited", code: 42 });
  });

  it("is returned by resume when it has ended", async () => {
    const { task, page } = await taskWithCode(PAUSE);
    kernel.conclude([[{ tracee: task, state: finalState({ ip: page }) }]]);
    process.kill(task.tid, "SIGKILL");
    expect(await until(() => readStat(task.tid)?.state === "Z")).toBe(true);
    expect(kernel.resume([task])).toEqual([task]);
    kernel.raw.syscall("wait4", task.tid, 0, W.ALL, 0);
  });

  it("can resume into a stop, and is still killed by killAll", async () => {
    const { task, page } = await taskWithCode(PAUSE, 0);
    kernel.conclude([[{ tracee: task, state: finalState({ ip: page }) }]]);
    expect(kernel.resumeStopped([task], SIG.STOP)).toEqual([]);
    expect(readStat(task.tid)?.state).toBe("T");
    expect(await kernel.killAll()).toEqual([]);
    expect(isThere(task.tid)).toBe(false);
  });
});
