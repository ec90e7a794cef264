import { SystemError } from "@restage/linux";
import { AT_FDCWD, ERRNO } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { asRestoreError, RestoreError } from "../src/errors.ts";
import type { Plugin } from "../src/plugin/plugin.ts";
import { printProgram } from "../src/program/print-program.ts";
import type { Calls } from "../src/program/program-builder.ts";
import { type RecordingKernel, type Rehearsal, rehearse } from "../src/testing/mod.ts";
import { plugin, recorder } from "./support.ts";

/** The kinds of requests that the kernel received, in order. */
function kindsOf({ kernel }: Rehearsal): string[] {
  return kernel.records.map(({ kind }) => kind);
}

const TREE = { pid: 7, children: [{ pid: 8 }, { pid: 9, children: [{ pid: 10 }] }] };

/** Records calls in RESTORE. */
function calls(record: (call: Calls, pid: number) => void, name = "files") {
  return plugin(name, ({ stages }) => stages.RESTORE.task.tap(name, ({ call, pid }) => record(call, pid)));
}

describe("a failed call in a task", () => {
  const opens = calls((call) => void call.openat(AT_FDCWD, "/gone", 0));

  it("is reported with stage, task, plugin, call, arguments, errno and a hint", async () => {
    const { error } = await rehearse({
      plugins: [opens],
      task: TREE,
      host: { failures: [{ call: "openat", of: 8, result: "ENOENT" }] },
    });
    expect(error).toMatchObject({
      code: "ERR_SYSCALL",
      stage: "RESTORE",
      pid: 8,
      plugin: "files",
      syscall: { name: "openat", printed: 'openat(AT_FDCWD, "/gone", O_RDONLY)', errno: ERRNO.ENOENT },
    });
    expect(error?.message).toMatch(/openat\(\).*task 8.*ENOENT/);
    expect(error?.hint).toContain("rewrite its path");
  });

  it("is reported with the plugin's own hint if it gave one", async () => {
    const hinted = calls((call) => void call.openat(AT_FDCWD, "/gone", 0).hint("mount it"));
    const { error } = await rehearse({
      plugins: [hinted],
      host: { failures: [{ call: "openat", of: 100, result: "ENOENT" }] },
    });
    expect(error?.hint).toBe("mount it");
  });

  it("is reported with both the actual and the expected result", async () => {
    const short = calls((call) => void call.read(0, 4096, 10).expect(10));
    const { error } = await rehearse({ plugins: [short], host: { failures: [{ call: "read", result: 4 }] } });
    expect(error).toMatchObject({ code: "ERR_SYSCALL", syscall: { name: "read", errno: undefined } });
    expect(error?.message).toMatch(/4.*10/);
  });

  it("is tolerated when the plugin allows its errno, and the plugin sees the result", async () => {
    const results: number[] = [];
    const tolerant = plugin("tolerant", ({ stages }) => {
      stages.RESTORE.task.tapPromise("tolerant", async (task) => {
        const call = task.call.chdir("/gone").allow("ENOENT");
        await task.flush();
        results.push(call.result);
        expect(call.failed).toBe(true);
      });
    });
    const { error } = await rehearse({
      plugins: [tolerant],
      host: { failures: [{ call: "chdir", result: "ENOENT" }] },
    });
    expect(error?.describe()).toBeUndefined();
    expect(results).toEqual([-ERRNO.ENOENT]);
  });

  it("is reported for each task in which it fails", async () => {
    const failures = [8, 10].map((of) => ({ call: "openat", of, result: "EACCES" }) as const);
    const { error } = await rehearse({ plugins: [opens], task: TREE, host: { failures } });
    expect(error?.code).toBe("ERR_STAGE");
    expect(error?.failures.map(({ pid, syscall }) => [pid, syscall?.errno])).toEqual([
      [8, ERRNO.EACCES],
      [10, ERRNO.EACCES],
    ]);
  });

  it("is reported with the thread that made it", async () => {
    const inThread = plugin("names", ({ stages }) =>
      stages.RESTORE.thread.tap("names", ({ call }) => void call.gettid()),
    );
    const host = { failures: [{ call: "gettid", of: 71, result: "EPERM" }] } as const;
    const { error } = await rehearse({ plugins: [inThread], task: { pid: 7, threads: [{ tid: 71 }] }, host });
    expect(error).toMatchObject({ code: "ERR_SYSCALL", pid: 7, tid: 71, plugin: "names" });
  });

  it("is attributed to the plugin that recorded it, also in the stub", async () => {
    const inStub = plugin("net", ({ stages }) =>
      stages.PREPARE_NAMESPACES.enter.tap("net", ({ stub }) => void stub.call.unshare(0)),
    );
    const { error } = await rehearse({
      plugins: [inStub],
      host: { failures: [{ call: "unshare", of: "stub", result: "EPERM" }] },
    });
    expect(error).toMatchObject({ code: "ERR_SYSCALL", stage: "PREPARE_NAMESPACES", plugin: "net" });
    expect(error?.message).toContain("the stub");
  });
});

describe("a task", () => {
  const waits = calls((call) => void call.getpid());

  it("that dies is reported with the signal that ended it", async () => {
    const exit = { code: undefined, signal: 9 };
    const failures = [{ call: "getpid", of: 8, result: 0, failure: { kind: "died", exit } }] as const;
    const { error } = await rehearse({ plugins: [waits], task: TREE, host: { failures } });
    expect(error).toMatchObject({ code: "ERR_TASK_DIED", pid: 8, stage: "RESTORE", plugin: "files" });
    expect(error?.message).toContain("SIGKILL");
  });

  it("that hangs is reported with the call that blocks it", async () => {
    const failures = [
      { call: "getpid", of: 8, result: 0, failure: { kind: "stuck", milliseconds: 60_000, syscall: 0 } },
    ] as const;
    const { error } = await rehearse({ plugins: [waits], task: TREE, host: { failures } });
    expect(error).toMatchObject({ code: "ERR_TASK_STUCK", pid: 8, plugin: "files" });
    expect(error?.message).toMatch(/task 8.*read\(\).*60 s/);
  });

  it("that faults is reported with the signal", async () => {
    const failures = [{ call: "getpid", of: 8, result: 0, failure: { kind: "signal", signal: 11 } }] as const;
    const { error } = await rehearse({ plugins: [waits], task: TREE, host: { failures } });
    expect(error).toMatchObject({ code: "ERR_TASK_DIED", pid: 8 });
    expect(error?.message).toContain("SIGSEGV");
  });

  it("whose pid is taken is reported with the holder of the pid", async () => {
    const host = {
      failures: [{ call: "clone3", of: 9, result: "EEXIST" }],
      pidHolders: { 10: "process 10 (sshd)" },
    } as const;
    const { error } = await rehearse({ plugins: [], task: TREE, host });
    expect(error).toMatchObject({ code: "ERR_PID_TAKEN", stage: "FORKING", pid: 10, syscall: { name: "clone3" } });
    expect(error?.message).toMatch(/10.*process 10 \(sshd\)/);
  });

  it("whose parent fails is not reported as a failure", async () => {
    const failing = plugin("failing", ({ stages }) => {
      stages.FORKING.task.tap("failing", ({ pid }) => {
        if (pid === 7) throw new Error("the root");
      });
    });
    const { error } = await rehearse({ plugins: [failing], task: TREE });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", message: "the root", pid: 7 });
    expect(error?.failures).toEqual([]);
  });
});

describe("a failure", () => {
  it("of a system call of the coordinator is not a mistake of the plugin that made it", async () => {
    const writes = plugin("writes", ({ stages }) => {
      stages.RESTORE.task.tap("writes", () => {
        throw new SystemError("write", ERRNO.EINVAL, "write /proc/sys/some");
      });
    });
    const { error } = await rehearse({ plugins: [writes], task: { pid: 7 } });
    const message = "Cannot write /proc/sys/some: write() failed: EINVAL (invalid argument)";
    expect(error).toMatchObject({ code: "ERR_SYSCALL", message, pid: 7, plugin: "writes", thrownBy: undefined });
    expect(error?.syscall).toMatchObject({ name: "write", errno: ERRNO.EINVAL });
  });

  const failing = (stage: "ROOT_TASK" | "RESTORE_CREDS" | "COMPLETE") =>
    plugin("failing", ({ stages }) => {
      stages[stage].task.tap("failing", (task) => {
        if (task.parent === undefined) throw new Error("no");
      });
    });

  it.each(["ROOT_TASK", "RESTORE_CREDS", "COMPLETE"] as const)(
    "in %s calls the abort taps, kills every task, then runs the undos",
    async (stage) => {
      const log: string[] = [];
      const rehearsal = await rehearse({ plugins: [failing(stage), recorder(log)], task: TREE });
      expect(rehearsal.error?.stage).toBe(stage);
      expect(log.at(-1)).toBe("abort");
      expect(log).not.toContain("commit");
      expect(kindsOf(rehearsal).slice(-2)).toEqual(["kill-all", "run-undo"]);
      expect(kindsOf(rehearsal)).not.toContain("resume");
      expect(kindsOf(rehearsal)).not.toContain("dismiss-undo");
      const killed = rehearsal.kernel.records.flatMap((record) =>
        record.kind === "kill-all" ? record.tracees.map(({ tid }) => tid) : [],
      );
      // The stub, and every task created so far.
      expect(killed).toHaveLength(stage === "ROOT_TASK" ? 2 : 5);
    },
  );

  it("is passed to the abort taps", async () => {
    const seen: RestoreError[] = [];
    const watching = plugin("watching", ({ abort }) =>
      abort.tapPromise("watching", async (error) => void seen.push(error)),
    );
    const { error } = await rehearse({ plugins: [failing("RESTORE_CREDS"), watching] });
    expect(seen).toMatchObject([{ code: error?.code, message: error?.message }]);
  });

  it("is the last event, and lists what could not be undone", async () => {
    const host = { leftByUndo: ["unlinkat() failed: EBUSY"], unkillable: [8] };
    const { error, events } = await rehearse({ plugins: [failing("COMPLETE")], task: TREE, host });
    expect(events.at(-1)).toMatchObject({
      kind: "failed",
      left: ["task 8 (program) did not end", "unlinkat() failed: EBUSY"],
    });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", message: "no", stage: "COMPLETE", plugin: "failing" });
    expect(error?.failures).toEqual([expect.objectContaining({ code: "ERR_UNDO", stage: "FAIL" })]);
    expect(error?.failures[0]?.message).toMatch(/task 8.*unlinkat/);
  });

  it("before the first task leaves the kernel untouched", async () => {
    const damaged = plugin("damaged", ({ entries }) => {
      entries.pstree.tap("damaged", (entry) => ({ ...entry, threads: [1] }));
    });
    const rehearsal = await rehearse({ plugins: [damaged] });
    expect(rehearsal.error?.code).toBe("ERR_IMAGE");
    expect(rehearsal.kernel.records).toEqual([]);
  });
});

describe("the coordinator's own calls", () => {
  it("run immediately, and an undo is registered before what it undoes is there", async () => {
    const results: number[] = [];
    const makes = plugin("makes", ({ stages }) => {
      stages.PREPARE_NAMESPACES.enter.tap("makes", ({ host }) => {
        for (const name of ["/a", "/b"]) {
          const calls = host.undoneBy((call) => {
            call.unlinkat(AT_FDCWD, `${name}/inner`, 0);
            call.unlinkat(AT_FDCWD, name, 0x200);
          });
          results.push(calls.mkdirat(AT_FDCWD, name, 0o700).result);
        }
        results.push(host.call.openat(AT_FDCWD, "/c", 0).result);
      });
    });
    const rehearsal = await rehearse({ plugins: [makes] });
    expect(results).toEqual([0, 0, 3]);
    expect(rehearsal.kernel.undos.map((steps) => printProgram(steps))).toEqual([
      ['unlinkat(AT_FDCWD, "/a/inner", 0)', 'unlinkat(AT_FDCWD, "/a", AT_REMOVEDIR)'],
      ['unlinkat(AT_FDCWD, "/b/inner", 0)', 'unlinkat(AT_FDCWD, "/b", AT_REMOVEDIR)'],
    ]);
    expect(kindsOf(rehearsal).filter((kind) => kind === "host-call" || kind === "push-undo")).toEqual([
      "push-undo",
      "host-call",
      "push-undo",
      "host-call",
      "host-call",
    ]);
    // The restore succeeded, so the directories stay.
    expect(kindsOf(rehearsal).at(-1)).toBe("dismiss-undo");
  });

  it("drop their undo once what they made has been removed", async () => {
    const forgotten: string[] = [];
    const makes = plugin("makes", ({ stages }) => {
      stages.RESTORE.enter.tap("makes", ({ host }) => {
        const made = host.undoneBy((call) => void call.unlinkat(AT_FDCWD, "/a", 0x200)).mkdirat(AT_FDCWD, "/a", 0o700);
        made.undone();
        made.undone();
        forgotten.push(...(host.kernel as RecordingKernel).records.map(({ kind }) => kind));
      });
    });
    const { kernel, error } = await rehearse({ plugins: [makes] });
    expect(error?.describe()).toBeUndefined();
    expect(forgotten).toContain("push-undo");
    expect(kernel.records.filter(({ kind }) => kind === "forget-undo")).toHaveLength(1);
  });

  it("report stage, plugin, call and errno when they fail, and earlier calls are undone", async () => {
    const makes = plugin("makes", ({ stages }) => {
      stages.RESTORE.leave.tap("makes", ({ host }) => {
        host.undoneBy((call) => void call.unlinkat(AT_FDCWD, "/a", 0x200)).mkdirat(AT_FDCWD, "/a", 0o700);
        host.call.linkat(3, "x", AT_FDCWD, "/b", 0);
      });
    });
    const failures = [{ call: "linkat", of: "coordinator", result: "EXDEV" }] as const;
    const rehearsal = await rehearse({ plugins: [makes], host: { failures } });
    expect(rehearsal.error).toMatchObject({
      code: "ERR_SYSCALL",
      stage: "RESTORE",
      plugin: "makes",
      syscall: { name: "linkat", errno: ERRNO.EXDEV },
    });
    expect(kindsOf(rehearsal).slice(-3)).toEqual(["host-call", "kill-all", "run-undo"]);
    expect(rehearsal.kernel.undos).toHaveLength(1);
  });
});

describe("after the commit", () => {
  it("vanished threads are an error that names them, and nothing is killed or undone", async () => {
    const rehearsal = await rehearse({ plugins: [], task: TREE, host: { goneAtResume: [8, 10] } });
    expect(rehearsal.error).toMatchObject({ code: "ERR_COMPLETE", stage: "COMPLETE" });
    expect(rehearsal.error?.message).toMatch(/2 threads.*8, 10.*2 run/);
    expect(kindsOf(rehearsal)).not.toContain("kill-all");
    expect(kindsOf(rehearsal)).not.toContain("run-undo");
    // Otherwise the janitor would remove what the running tasks still need.
    expect(kindsOf(rehearsal).at(-1)).toBe("dismiss-undo");
    expect(rehearsal.events.at(-1)).toMatchObject({ kind: "failed", error: { code: "ERR_COMPLETE" } });
  });

  it("the stub ends before the tasks resume, and the complete taps come last", async () => {
    const log: string[] = [];
    const rehearsal = await rehearse({ plugins: [recorder(log)], task: TREE });
    const kinds = kindsOf(rehearsal);
    expect(kinds.indexOf("dismiss-stub")).toBeLessThan(kinds.indexOf("resume"));
    expect(log.slice(-2)).toEqual(["commit", "complete"]);
    expect(
      rehearsal.events.map(({ kind }) => kind).filter((kind) => kind === "committed" || kind === "resumed"),
    ).toEqual(["committed", "resumed"]);
  });
});

describe("a failure's description", () => {
  const failure = new RestoreError("ERR_SYSCALL", "openat() of task 8 failed", {
    stage: "RESTORE",
    pid: 8,
    tid: 81,
    plugin: "files",
    syscall: { name: "openat", printed: 'openat(AT_FDCWD, "/x")', errno: ERRNO.ENOENT },
    entry: "files.img: entry 3",
    hint: "put it back",
  });

  it("shows every known detail, over several lines", () => {
    expect(failure.describe().split("\n")).toEqual([
      "ERR_SYSCALL: openat() of task 8 failed",
      "  in stage RESTORE, task 8, thread 81, plugin files",
      expect.stringMatching(/^ {2}call openat\(AT_FDCWD, "\/x"\) = ENOENT/),
      "  image files.img: entry 3",
      "  hint: put it back",
    ]);
    expect(new RestoreError("ERR_KERNEL", "no").describe()).toBe("ERR_KERNEL: no");
  });

  it("names the plugin once, its duty only if that has another name, and says that the tree was rolled back", async () => {
    const fails = async () => {
      throw new Error("the service answers 500");
    };
    const register = (more = {}) => plugin("register", ({ commit }) => commit.tapPromise("register", fails), more);
    const linesOf = async (failing: Plugin, host = {}) => {
      const { error } = await rehearse({ plugins: [failing], task: { pid: 7 }, host });
      return error?.describe().split("\n");
    };
    const first = expect.stringMatching(/^ERR_PLUGIN: the service answers 500 \(plugin register, commit, /);
    const last = "  rolled back: no task is left";
    expect(await linesOf(register())).toEqual([first, "  in stage COMPLETE", last]);
    expect(await linesOf(register({ duty: "names" }))).toEqual([first, "  in stage COMPLETE, duty names", last]);
    expect(await linesOf(register(), { leftByUndo: ["a lock"] })).not.toContain(last);
  });

  it("names the image, its entry and its file once", () => {
    const of = (message: string, entry: string) => new RestoreError("ERR_IMAGE", message, { entry }).describe();
    expect(of("Cannot find core-7.img: nothing", "core-7.img")).toBe("ERR_IMAGE: Cannot find core-7.img: nothing");
    expect(of("Cannot read files.img: short", "files.img: entry 3")).toBe(
      "ERR_IMAGE: Cannot read files.img: short\n  entry 3",
    );
  });

  it("lists each of several failures", () => {
    const both = new RestoreError("ERR_STAGE", "two failed", {
      failures: [failure, new RestoreError("ERR_TASK_DIED", "gone")],
    });
    const lines = both.describe().split("\n");
    expect(lines).toContain("  ERR_SYSCALL: openat() of task 8 failed");
    expect(lines).toContain("    hint: put it back");
    expect(lines).toContain("  ERR_TASK_DIED: gone");
  });

  it("is available as JSON", () => {
    expect(JSON.parse(JSON.stringify(failure))).toEqual({
      code: "ERR_SYSCALL",
      message: "openat() of task 8 failed",
      stage: "RESTORE",
      pid: 8,
      tid: 81,
      duty: "files",
      syscall: { name: "openat", call: 'openat(AT_FDCWD, "/x")', errno: "ENOENT" },
      entry: "files.img: entry 3",
      hint: "put it back",
    });
  });

  it("is the same after a way through JSON", () => {
    const both = new RestoreError("ERR_STAGE", "two failed", { failures: [failure], phase: "write" });
    const read = RestoreError.fromJSON(JSON.parse(JSON.stringify(both)));
    expect(read).toBeInstanceOf(RestoreError);
    expect(read.describe()).toBe(both.describe());
    expect(read.failures[0]?.syscall).toEqual(failure.syscall);
  });

  it("names the causes of what a plugin threw", () => {
    const refused = Object.assign(new AggregateError([], ""), { code: "ECONNREFUSED" });
    const thrown = new TypeError("fetch failed", { cause: refused });
    expect(asRestoreError(thrown, {}).message).toBe("fetch failed: ECONNREFUSED");
    expect(asRestoreError(new Error("a: b", { cause: new Error("b") }), {}).message).toBe("a: b");
  });

  it("gains missing details from its context, and keeps its own", () => {
    const known = failure.within({ stage: "COMPLETE", plugin: "other", entry: "x" });
    expect(known).toMatchObject({ stage: "RESTORE", plugin: "files", entry: "files.img: entry 3" });
    const bare = new RestoreError("ERR_IMAGE", "damaged", { cause: failure }).within({ stage: "RESTORE", pid: 3 });
    expect(bare).toMatchObject({ code: "ERR_IMAGE", message: "damaged", stage: "RESTORE", pid: 3, cause: failure });
  });
});
