import { describe, expect, it } from "vitest";
import { ERRNO, SIG, syscallNumber } from "../src/abi/mod.ts";
import { readStat } from "../src/host/procfs.ts";
import type { Tracee } from "../src/kernel.ts";
import type { SyscallStep } from "../src/program/program.ts";
import { child, failureOf, isThere, kernel, memfd, start, stop, stub, there, until } from "./driven-kernel.ts";
import { addressOf, call, data, output, resultOf } from "./steps.ts";
import { needing } from "./support.ts";

describe.skipIf(!there)(needing(there, "a program that fails or is disturbed", "Linux on x86_64"), () => {
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

  it("that blocks keeps neither other tasks nor the event loop waiting", async () => {
    const pair = output(8);
    const end = (offset: number) => ({ kind: "loaded", data: pair, offset, size: 4 }) as const;
    await kernel.run(stub.tracee, [call("pipe2", addressOf(pair), 0)]);
    const other = await child();
    const read = output(1);
    const reading = kernel.run(stub.tracee, [{ ...call("read", end(0), addressOf(read), 1), expected: 1 }]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await kernel.run(other, [{ ...call("write", end(4), addressOf(data("x")), 1), expected: 1 }]);
    await reading;
    expect(new TextDecoder().decode(read.bytes)).toBe("x");
  });

  it("reports a fault, with the step", async () => {
    const copy = { kind: "copy", to: 0x1000, from: data("x") } as const;
    const error = await failureOf(stub.tracee, [call("getpid"), copy, call("getppid")]);
    expect(error.failure).toEqual({ kind: "signal", signal: SIG.SEGV });
    expect(error.step).toBe(copy);
  });

  it("that hangs fails after the time limit, with the call in which the task is blocked", async () => {
    await stop();
    await start({ timeout: 300 });
    const pair = output(8);
    const read = call("read", { kind: "loaded", data: pair, offset: 0, size: 4 }, addressOf(output(1)), 1);
    const started = performance.now();
    const error = await failureOf(stub.tracee, [call("pipe2", addressOf(pair), 0), read]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(300);
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
