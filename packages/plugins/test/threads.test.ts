import { completeEntry, rehearse, testPlan, testPlugin } from "@restage/core/testing";
import { USER_REGS, userRegOffset } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { extendedState, generalRegisters, registers } from "../src/threads/registers-x86-64/restore.ts";
import { threads } from "../src/threads/restore.ts";

const whole = completeEntry("core", {
  thread_info: {
    gpregs: Object.fromEntries(USER_REGS.map((name, index) => [name, BigInt(index + 1) << 40n])),
    fpregs: {
      cwd: 0x37f,
      swd: 0x1122,
      twd: 0x33,
      fop: 0x44,
      rip: 0x55n,
      rdp: 0x66n,
      mxcsr: 0x1f80,
      mxcsr_mask: 0xffff,
      st_space: Array.from({ length: 32 }, (_value, index) => index + 1),
      xmm_space: Array.from({ length: 64 }, (_value, index) => index + 101),
      xsave: {
        xstate_bv: 7n,
        ymmh_space: Array.from({ length: 64 }, (_value, index) => index + 201),
        opmask_reg: [1n, 2n],
      },
    },
  },
});
const info = whole.thread_info;

describe("registers", () => {
  it("are all where ptrace takes them, with no system call to be restarted", () => {
    const view = new DataView(generalRegisters(info?.gpregs ?? ({} as never)).buffer);
    for (const [index, name] of USER_REGS.entries()) {
      const expected = name === "orig_ax" ? 0xffff_ffff_ffff_ffffn : BigInt(index + 1) << 40n;
      expect(view.getBigUint64(userRegOffset(name), true), name).toBe(expected);
    }
  });

  it("of the floating point unit lie as FXSAVE lays them out", () => {
    const { legacy } = extendedState(info?.fpregs ?? ({} as never));
    const view = new DataView(legacy.buffer);
    expect([
      view.getUint16(0, true),
      view.getUint16(2, true),
      view.getUint16(4, true),
      view.getUint16(6, true),
    ]).toEqual([0x37f, 0x1122, 0x33, 0x44]);
    expect([view.getBigUint64(8, true), view.getBigUint64(16, true)]).toEqual([0x55n, 0x66n]);
    expect([view.getUint32(24, true), view.getUint32(28, true)]).toEqual([0x1f80, 0xffff]);
    expect([view.getUint32(32, true), view.getUint32(32 + 31 * 4, true)]).toEqual([1, 32]);
    expect([view.getUint32(160, true), view.getUint32(160 + 63 * 4, true)]).toEqual([101, 164]);
  });

  it("of vector units are those that were in use", () => {
    const { components } = extendedState(info?.fpregs ?? ({} as never));
    // Bit 5 of xstate_bv is not set: the opmask registers were in their initial state.
    expect(components.map(({ number, bytes }) => [number, bytes.length, bytes[0]])).toEqual([[2, 256, 201]]);
  });

  it("are every thread's own, with its signal mask and what the kernel would clear", async () => {
    const task = {
      pid: 7,
      core: { tc: { blk_sigset: 0x10n }, thread_core: { blk_sigset: 0x20n }, thread_info: { gpregs: { ip: 0x1000n } } },
      threads: [
        {
          tid: 71,
          core: {
            thread_core: { blk_sigset: 0x30n, rseq_entry: { rseq_abi_pointer: 0x5000n, rseq_cs_pointer: 0x77n } },
            thread_info: { gpregs: { ip: 0x2000n } },
          },
        },
      ],
    };
    const { kernel, error } = await rehearse({ plugins: [registers()], task });
    expect(error?.describe()).toBeUndefined();
    const ip = (tid: number) =>
      new DataView(kernel.finalStates.get(tid)?.registers.buffer ?? new ArrayBuffer(0)).getBigUint64(
        userRegOffset("ip"),
        true,
      );
    expect([ip(7), ip(71)]).toEqual([0x1000n, 0x2000n]);
    expect([kernel.finalStates.get(7)?.signalMask, kernel.finalStates.get(71)?.signalMask]).toEqual([0x10n, 0x30n]);
    expect(kernel.finalStates.get(7)?.pokes).toEqual([]);
    expect(kernel.finalStates.get(71)?.pokes).toEqual([{ address: 0x5008n, value: 0x77n }]);
  });
});

describe("registers that cannot come back are refused:", () => {
  const using = (bits: bigint) => ({ thread_info: { fpregs: { xsave: { xstate_bv: bits } } } });
  const host = { texts: { "/proc/cpuinfo": "processor : 0\nflags : fpu sse avx ospke\n" } };

  it.each([
    ["AVX-512 on a processor without it", 0b1110_0111n, "it uses AVX-512, which this processor does not have"],
    ["tiles, which are not in the images", 1n << 18n, "it uses tiles (AMX), which are not in the images"],
  ])("%s", async (_what, bits, why) => {
    const task = { pid: 7, threads: [{ tid: 71, core: using(bits) }] };
    expect(await testPlan(registers(), { task, host })).toMatchObject([{ what: "thread 71 of task 7", why }]);
  });

  it("but not what this processor has", async () => {
    expect(await testPlan(registers(), { task: { pid: 7, core: using(0b10_0000_0111n) }, host })).toEqual([]);
  });
});

describe("threads", () => {
  it("are started by their task with their ids, and have what is theirs", async () => {
    const task = {
      pid: 7,
      core: { tc: { comm: "server" }, thread_info: { clear_tid_addr: 0x111n } },
      threads: [
        {
          tid: 71,
          core: {
            thread_info: { clear_tid_addr: 0x222n },
            thread_core: {
              comm: "worker",
              futex_rla: 0x333n,
              futex_rla_len: 24,
              rseq_entry: { rseq_abi_pointer: 0x444n, rseq_abi_size: 32, signature: 5 },
            },
          },
        },
      ],
    };
    const lines = await testPlugin(threads(), { task });
    const of = (who: string) =>
      lines.filter((line) => line.startsWith(`${who} `)).map((line) => line.replace(/^.*?: /, ""));
    expect(of("7")[0]).toMatch(/^clone3\(\{.*CLONE_VM\|.*CLONE_THREAD.*set_tid \[71\]/);
    expect(of("7").join("\n")).toContain(
      `prctl(PR_SET_NAME, [${Buffer.from("server".padEnd(16, "\0")).toString("hex")}]`,
    );
    expect(of("7")).toContain("set_tid_address(0x111)");
    expect(of("71").join("\n")).toContain(Buffer.from("worker").toString("hex"));
    expect(of("71")).toEqual(
      expect.arrayContaining(["set_tid_address(0x222)", "set_robust_list(0x333, 24)", "rseq(0x444, 32, 0, 0x5)"]),
    );
  });

  it.each([
    ["another processor", { mtype: 3 }],
    ["32-bit code", { thread_info: { gpregs: { mode: 2 } } }],
    ["a shadow stack", { thread_info: { fpregs: { xsave: { cet: { cet: 1n } } } } }],
  ])("of %s are refused", async (_what, core) => {
    expect(await testPlan(threads(), { task: { pid: 7, core } })).toMatchObject([{ severity: "refused", pid: 7 }]);
    expect(await testPlan(threads(), { task: { pid: 7, threads: [{ tid: 71, core }] } })).toMatchObject([
      { severity: "refused", pid: 7 },
    ]);
  });
});
