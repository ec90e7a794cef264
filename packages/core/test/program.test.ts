import type { DataField, Operand, Step, SyscallStep } from "@restage/linux";
import { AT_FDCWD, CLONE, ERRNO, MAP, O, PROT, RLIM_INFINITY, SEEK, SIG } from "@restage/linux/abi";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { CallSignatures } from "../src/program/call-signatures.ts";
import type { CALLS } from "../src/program/calls.ts";
import { addressOf, Call, cString, data, loaded, output, struct, words } from "../src/program/deferred.ts";
import { hintFor } from "../src/program/hints.ts";
import type { Parameter } from "../src/program/parameter.ts";
import { printProgram, printStep } from "../src/program/print-program.ts";
import { type Fork, ProgramBuilder, type RecordedStep } from "../src/program/program-builder.ts";
import { ProgramTarget } from "../src/program/program-target.ts";

/** A builder that keeps its programs instead of running them; its results count up from 3. */
function builderThatKeeps() {
  const programs: (readonly RecordedStep[])[] = [];
  const forked: (readonly Fork[])[] = [];
  let next = 3;
  const builder = new ProgramBuilder(async (steps, forks) => {
    programs.push(steps);
    forked.push(forks);
    for (const step of steps) if (step.kind === "syscall") step.result ??= next++;
  });
  return { builder, programs, forked };
}

/** The printed form of what `record` records. */
async function printed(record: (builder: ProgramBuilder) => void): Promise<string[]> {
  const { builder, programs } = builderThatKeeps();
  record(builder);
  await builder.flush();
  return printProgram(programs.flat());
}

function syscalls(steps: readonly Step[] | undefined): readonly SyscallStep[] {
  return (steps ?? []).filter((step) => step.kind === "syscall");
}

class Target extends ProgramTarget {
  readonly name = "task 9";
}

describe("a printed program", () => {
  it("looks like strace output", async () => {
    expect(
      await printed(({ call }) => {
        call.openat(AT_FDCWD, "/etc/host\ts", O.RDWR | O.APPEND | O.CLOEXEC, 0o644);
        call.mmap(0x1000, 0x2000n, PROT.READ | PROT.EXEC, MAP.PRIVATE | MAP.ANONYMOUS, -1, 0x3000);
        call.umask(0o27);
        call.kill(7, SIG.TERM);
        call.prlimit64(0, 7, { soft: 1024n, hard: RLIM_INFINITY }, 0);
        call.getpid();
        call.mount(undefined, "/", undefined, 0x44000, undefined);
        call.close(3);
      }),
    ).toEqual([
      'openat(AT_FDCWD, "/etc/host\\ts", O_RDWR|O_APPEND|O_CLOEXEC, 0644)',
      "mmap(0x1000, 0x2000, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0x3000)",
      "umask(027)",
      "kill(7, SIGTERM)",
      "prlimit64(0, RLIMIT_NOFILE, {1024, INFINITY}, NULL)",
      "getpid()",
      'mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL)',
      "close(3)",
    ]);
  });

  it("shows flags and values without a name as numbers", async () => {
    expect(
      await printed(({ call }) => {
        call.openat(3, "x", O.RDONLY, 0);
        call.openat(3, "x", O.CLOEXEC | 0x4000_0000, 0);
        call.lseek(3, 0, 9);
        call.kill(7, 0);
      }),
    ).toEqual([
      'openat(3, "x", O_RDONLY, 00)',
      'openat(3, "x", O_CLOEXEC|0x40000000, 00)',
      "lseek(3, 0, 9)",
      "kill(7, 0)",
    ]);
  });

  it("names only the results that later calls use", async () => {
    expect(
      await printed(({ call }) => {
        const one = call.openat(AT_FDCWD, "a", 0);
        call.openat(AT_FDCWD, "unused", 0);
        const two = call.openat(AT_FDCWD, "b", 0);
        call.dup3(two, 7, 0);
        call.close(one);
        call.close(two);
      }),
    ).toEqual([
      '$2 = openat(AT_FDCWD, "a", O_RDONLY)',
      'openat(AT_FDCWD, "unused", O_RDONLY)',
      '$1 = openat(AT_FDCWD, "b", O_RDONLY)',
      "dup3($1, 7, 0)",
      "close($2)",
      "close($1)",
    ]);
  });

  it("names the elements of what the kernel writes", async () => {
    expect(
      await printed(({ call }) => {
        const [read, write] = call.pipe2(O.CLOEXEC);
        call.close(write);
        const [left] = call.socketpair(1, 2, 0);
        call.sendto(left, data(Uint8Array.of(1, 2)), 2);
        call.close(read);
      }),
    ).toEqual([
      "$1 = pipe2([8], O_CLOEXEC)",
      "close($1[1])",
      "$2 = socketpair(AF_UNIX, SOCK_DGRAM, 0, [8])",
      "sendto($2[0], [0102], 2)",
      "close($1[0])",
    ]);
  });

  it("shows structures whose fields are results or point to other data", async () => {
    expect(
      await printed(({ call }) => {
        const fd = call.openat(AT_FDCWD, "exe", 0);
        call.prctl(35, 14, struct([8, addressOf(data(Uint8Array.of(0xab)))], [4, 5], [4, fd]), 16, 0);
        call
          .preadv(
            fd,
            [
              { address: 0x1000, length: 16 },
              { address: 0x4000n, length: 0x20n },
            ],
            2,
            512,
          )
          .expect(48);
      }),
    ).toEqual([
      '$1 = openat(AT_FDCWD, "exe", O_RDONLY)',
      "prctl(PR_SET_MM, 0xe, [16: +0: [ab], +12: $1], 0x10, NULL)",
      "preadv($1, [{0x1000, 16}, {0x4000, 32}], 2, 0x200) expects 48",
    ]);
  });

  it("shortens long data and lists", async () => {
    const lines = await printed(({ call }) => {
      call.write(1, new Uint8Array(100).fill(0xcc), 100);
      call.preadv(
        1,
        Array.from({ length: 9 }, () => ({ address: 16, length: 1 })),
        9,
        0,
      );
    });
    expect(lines[0]).toBe(`write(1, [100: ${"cc".repeat(32)}...], 100)`);
    expect(lines[1]).toContain("... 9]");
  });

  it("shows expected results and allowed errors", async () => {
    expect(
      await printed(({ call }) => {
        call.lseek(3, 5, SEEK.SET).expect(5n);
        call.close(3).allow("EBADF", "EIO");
        call.madvise(0, 1, 25).allow("any");
        call.read(0, output(4), 4).expect(4);
      }),
    ).toEqual([
      "lseek(3, 5, SEEK_SET) expects 5",
      "close(3) allows EBADF EIO",
      "madvise(NULL, 0x1, MADV_COLLAPSE) allows any error",
      "read(0, [4], 4) expects 4",
    ]);
  });

  it("shows copies, merges, file writes and placed descriptors", async () => {
    const lines = await printed((builder) => {
      const at = builder.call.mmap(0, 4096, 3, 34, -1, 4096);
      builder.copy(at, data(Uint8Array.of(1, 2, 3)));
      builder.merge(0x10000, at, 4096);
      builder.writeFile("/proc/self/oom_score_adj", "5").allow("EACCES");
      builder.place(builder.call.socket(1, 2, 0), 9, { cloexec: true });
      builder.place(4, 8, { cloexec: false });
    });
    expect(lines).toEqual([
      "$1 = mmap(NULL, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0x1000)",
      "copy($1, [010203])",
      "merge(0x10000, $1, 4096)",
      '$2 = openat(AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY|O_CLOEXEC, 00)',
      "write($2, [35], 1) allows EACCES",
      "close($2)",
      "$3 = socket(AF_UNIX, SOCK_DGRAM, 0)",
      "dup3($3, 9, O_CLOEXEC)",
      "close($3)",
      "dup3(4, 8, 0)",
      "close(4)",
    ]);
  });

  it("shows a single step with its actual values", () => {
    const open: SyscallStep = { kind: "syscall", name: "openat", args: [], result: 12 };
    const pair = output(8);
    new DataView(pair.bytes.buffer).setUint32(4, 99, true);
    const step: SyscallStep = {
      kind: "syscall",
      name: "dup3",
      args: [{ kind: "result", step: open }, loaded(pair, 4, 4), 0],
    };
    expect(printStep(step)).toBe("dup3(12, 99, 0)");
    delete open.result;
    expect(printStep(step)).toBe("dup3(?, 99, 0)");
  });

  it("shows calls that have no signature of their own", () => {
    expect(printStep({ kind: "syscall", name: "pause", args: [] })).toBe("pause()");
    expect(printStep({ kind: "syscall", name: "vmsplice", args: [0x800] })).toBe("vmsplice(0x800)");
  });
});

describe("results", () => {
  it("are available after a flush, not before", async () => {
    const { builder, programs } = builderThatKeeps();
    const call = builder.call.getpid();
    expect(() => call.result).toThrow(/flush first/);
    await builder.flush();
    expect(call.result).toBe(3);
    expect(call.failed).toBe(false);
    builder.call.close(call);
    await builder.flush();
    expect(programs.map((steps) => steps.length)).toEqual([1, 1]);
  });

  it.each([
    [-9, true],
    [-4095, true],
    [-4096, false],
    [0, false],
    [0x7fff_0000_0000, false],
  ])("of %s count as errors: %s", (result, failed) => {
    expect(new Call({ kind: "syscall", name: "mmap", args: [], result }).failed).toBe(failed);
  });

  it("that are expected or allowed are recorded in the step, as are hints", async () => {
    const { builder, programs } = builderThatKeeps();
    builder.call.close(1).allow("EBADF", "EIO", "EINTR", "EINVAL").hint("try again");
    builder.call.close(1).expect(0);
    await builder.flush();
    const { EBADF, EIO, EINTR, EINVAL } = ERRNO;
    expect(programs[0]?.[0]).toMatchObject({ allowed: [EBADF, EIO, EINTR, EINVAL], hint: "try again" });
    expect(programs[0]?.[1]).toMatchObject({ expected: 0 });
  });

  it("cannot be both expected and allowed, and at most four errors can be allowed", () => {
    const { builder } = builderThatKeeps();
    expect(() => builder.call.close(1).expect(0).allow("EBADF")).toThrow(/close\(\)/);
    expect(() => builder.call.close(1).allow("any").expect(0)).toThrow(/close\(\)/);
    expect(() => builder.call.close(1).allow("EBADF", "EIO", "EINTR", "EINVAL", "EPERM")).toThrow(/at most four/);
  });
});

describe("a program", () => {
  it("runs nothing when nothing was recorded", async () => {
    const { builder, programs } = builderThatKeeps();
    await builder.flush();
    expect(programs).toEqual([]);
  });

  it("records the plugin of each step", async () => {
    const { builder, programs } = builderThatKeeps();
    builder.call.getpid();
    builder.plugin = "files";
    builder.call.getpid();
    builder.copy(0, data(new Uint8Array(1)));
    builder.plugin = "memory";
    builder.call.pipe2(0);
    await builder.flush();
    expect(programs.flat().map(({ plugin }) => plugin)).toEqual(["core", "files", "files", "memory"]);
  });

  it("refuses calls once it is sealed, with an error that names the call and the reason", () => {
    const { builder } = builderThatKeeps();
    builder.call.getpid();
    builder.seal("the program of task 7 in RESTORE has been run; was an await forgotten?");
    expect(() => builder.call.umask(0)).toThrow(
      "Cannot record umask(): the program of task 7 in RESTORE has been run; was an await forgotten?",
    );
    expect(() => builder.call.pipe2(0)).toThrow(/Cannot record pipe2\(\)/);
    expect(() => builder.copy(0, data(new Uint8Array(1)))).toThrow(/Cannot record a copy/);
    expect(() => builder.place(3, 4, { cloexec: false })).toThrow(/dup3/);
  });

  it("refuses surplus arguments", () => {
    const { builder } = builderThatKeeps();
    expect(() => builder.record("getpid", [1])).toThrow(/getpid\(\): it takes 0 arguments, not 1/);
  });

  it("omits trailing arguments, which default to 0", async () => {
    const { builder, programs } = builderThatKeeps();
    builder.call.openat(AT_FDCWD, "a");
    await builder.flush();
    expect(syscalls(programs[0])[0]?.args).toHaveLength(2);
  });

  it("forks children with their pids, traced from the start", async () => {
    const { builder, programs, forked } = builderThatKeeps();
    const child = new Target();
    const call = builder.fork(child, { flags: CLONE.FILES, exitSignal: SIG.CHLD, setTid: [7, 1007] });
    builder.call.getpid();
    await builder.flush();
    expect(printProgram(programs.flat())).toEqual([
      "clone3({CLONE_FILES|CLONE_PTRACE, SIGCHLD, set_tid [7, 1007]}, 88)",
      "getpid()",
    ]);
    expect(forked).toEqual([[{ call, child, flags: CLONE.FILES }]]);
  });
});

describe("a target of calls", () => {
  it("accepts calls only while it takes part in a stage", async () => {
    const target = new Target();
    expect(() => target.call.getpid()).toThrow(/task 9.*no program is open/);
    const { builder, programs } = builderThatKeeps();
    target.program = builder;
    target.call.getpid();
    target.writeFile("/x", "y");
    await target.flush();
    expect(programs[0]).toHaveLength(4);
    target.program = undefined;
    expect(() => target.copy(0, data(new Uint8Array(1)))).toThrow(/no program is open/);
  });
});

describe("data", () => {
  it("of a structure holds its fields in order, and lists pending results separately", () => {
    const call = new Call({ kind: "syscall", name: "openat", args: [] });
    const made = struct([4, -1], [8, 0x1_0000_0002n], [4, call], [8, -2n]);
    const view = new DataView(made.bytes.buffer);
    expect(made.bytes).toHaveLength(24);
    expect(view.getUint32(0, true)).toBe(0xffff_ffff);
    expect(view.getBigUint64(4, true)).toBe(0x1_0000_0002n);
    expect(view.getBigUint64(16, true)).toBe(0xffff_ffff_ffff_fffen);
    const later: DataField[] = [{ offset: 12, size: 4, value: call }];
    expect(made.fields).toEqual(later);
  });

  it("of words takes 8 bytes each, of text ends with NUL, of outputs is zeroed", () => {
    expect([...words(1, 2n).bytes]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    expect([...cString("é").bytes]).toEqual([0xc3, 0xa9, 0]);
    expect(output(4)).toMatchObject({ output: true, bytes: new Uint8Array(4) });
    const operand: Operand = addressOf(cString("x"), 1);
    expect(operand).toMatchObject({ kind: "address", offset: 1 });
  });
});

describe("addresses of sockets", () => {
  const inet = (port: number, ...rest: readonly number[]) => Uint8Array.of(2, 0, port >> 8, port, ...rest);
  it.each<[string, Uint8Array]>([
    ["127.0.0.1:8080", inet(8080, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)],
    ["[::1]:80", Uint8Array.of(10, 0, 0, 80, ...new Uint8Array(19), 1, 0, 0, 0, 0)],
    ['"/run/socket"', Buffer.from("\x01\0/run/socket\0")],
    ['"@hidden"', Buffer.from("\x01\0\0hidden")],
    // Of another family, and too short.
    ["[100000000000]", Uint8Array.of(16, 0, 0, 0, 0, 0)],
    ["[02001f90]", inet(8080)],
    ["[02]", Uint8Array.of(2)],
  ])("are readable: %s", async (shown, bytes) => {
    expect(await printed(({ call }) => void call.bind(3, bytes, bytes.length))).toEqual([
      `bind(3, ${shown}, ${bytes.length})`,
    ]);
  });
});

describe("hints", () => {
  it("suggest a remedy for the known errors of a call", () => {
    expect(hintFor("openat", ERRNO.ENOENT)).toContain("put the file back");
    expect(hintFor("openat", ERRNO.EIO)).toBeUndefined();
    expect(hintFor("getpid", ERRNO.ENOENT)).toBeUndefined();
  });
});

describe("CallSignatures", () => {
  type Argument<P> = P extends Parameter<infer T> ? T : never;
  type ArgumentsOf<P extends readonly unknown[]> = P extends readonly [infer Head, ...infer Rest]
    ? [Argument<Head>, ...ArgumentsOf<Rest>]
    : [];
  type WithoutNames<P extends readonly unknown[]> = P extends readonly [string, ...infer Rest] ? Rest : never;
  type OptionalTail<T extends readonly unknown[]> = T extends [infer Head, ...infer Rest]
    ? [head: Head, ...rest: Partial<Rest>]
    : [];
  type Passed = { [N in keyof typeof CALLS]: OptionalTail<ArgumentsOf<WithoutNames<(typeof CALLS)[N]>>> };

  type IsSame<A, B> = [A, B] extends [B, A] ? true : false;
  type Different = {
    [N in keyof CallSignatures]: IsSame<CallSignatures[N], Passed[N]> extends true ? never : N;
  }[keyof CallSignatures];

  it("have the types of the parameters that are passed", () => {
    expectTypeOf<Different>().toBeNever();
  });
});
