import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CLONE, ERRNO, SIG, W, waitStatus } from "../src/abi/mod.ts";
import { readStat } from "../src/host/procfs.ts";
import type { SyscallStep } from "../src/program/program.ts";
import {
  born,
  child,
  failureOf,
  fork,
  forkFreePids,
  freePids,
  isRoot,
  isThere,
  kernel,
  stub,
  there,
} from "./driven-kernel.ts";
import { addressOf, call, output } from "./steps.ts";
import { needing } from "./support.ts";

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

  it("names the holder of the id of a session whose leader is gone, of a thread and of a zombie", async () => {
    // With job control, the job has a process group of its own.
    const script = "set -m; sleep 60 >/dev/null 2>&1 & echo $$ $!";
    const { stdout } = spawnSync("setsid", ["bash", "-c", script], { encoding: "utf8" });
    const [session = 0, member = 0] = stdout.split(" ").map(Number);
    try {
      // Until then, the job is another bash.
      await expect.poll(() => readStat(member)?.comm, { timeout: 20_000 }).toBe("sleep");
      expect(kernel.host.pidHolder(session)).toBe(`a session that process ${member} (sleep) is in`);
      expect(kernel.host.pidHolder(member)).toBe(`process ${member} (sleep)`);
    } finally {
      process.kill(member, "SIGKILL");
    }
    const own = readdirSync("/proc/self/task").map(Number);
    const thread = own.find((tid) => tid !== process.pid) ?? 0;
    expect(kernel.host.pidHolder(thread)).toMatch(`of process ${process.pid}`);
    const zombie = await child();
    await kernel.end(zombie, { code: 0, signal: undefined });
    expect(kernel.host.pidHolder(zombie.tid)).toMatch(/^a zombie/);
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
