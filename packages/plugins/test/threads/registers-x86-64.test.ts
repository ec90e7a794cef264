import { completeEntry, rehearse, testDump, testPlan } from "@restage/core/testing";
import { USER_REGS, userRegOffset } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { registers as registersOfDump } from "../../src/threads/registers-x86-64/dump.ts";
import {
  decodeExtendedState,
  decodeGeneralRegisters,
  encodeExtendedState,
  encodeGeneralRegisters,
} from "../../src/threads/registers-x86-64/format.ts";
import { registers } from "../../src/threads/registers-x86-64/restore.ts";
import { decodeThreadArea, encodeThreadArea } from "../../src/threads/registers-x86-64/thread-areas.ts";

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
  it("are laid out as struct user_regs_struct, with no system call to restart", () => {
    const view = new DataView(encodeGeneralRegisters(info?.gpregs ?? ({} as never)).buffer);
    for (const [index, name] of USER_REGS.entries()) {
      const expected = name === "orig_ax" ? 0xffff_ffff_ffff_ffffn : BigInt(index + 1) << 40n;
      expect(view.getBigUint64(userRegOffset(name), true), name).toBe(expected);
    }
  });

  it("that select a segment have its entry of the GDT, as struct user_desc", () => {
    const bytes = new Uint8Array(Uint32Array.of(12, 0x1234_0000, 0xf_ffff, 0b101_0001).buffer);
    const area = decodeThreadArea(bytes);
    expect(area).toMatchObject({ entry_number: 12, base_addr: 0x1234_0000, limit: 0xf_ffff, seg_32bit: true });
    expect(area).toMatchObject({ limit_in_pages: true, usable: true, seg_not_present: false, contents_h: false });
    expect(encodeThreadArea(area)).toEqual(bytes);
  });

  it("of the floating point unit are laid out as by FXSAVE", () => {
    const { legacy } = encodeExtendedState(info?.fpregs ?? ({} as never));
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

  it("of vector units come back when they were in use", () => {
    const { components } = encodeExtendedState(info?.fpregs ?? ({} as never));
    // Bit 5 of xstate_bv is not set: the opmask registers were in their initial state.
    expect(components.map(({ number, bytes }) => [number, bytes.length, bytes[0]])).toEqual([[2, 256, 201]]);
  });

  it("are set for each thread, with its signal mask and its restartable sequence", async () => {
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

describe("a restore refuses registers that cannot come back:", () => {
  const using = (bits: bigint) => ({ thread_info: { fpregs: { xsave: { xstate_bv: bits } } } });
  const host = { texts: { "/proc/cpuinfo": "processor : 0\nflags : fpu sse avx ospke\n" } };

  it.each([
    ["AVX-512 on a processor without it", 0b1110_0111n, "it uses AVX-512, which this processor does not have"],
    ["tiles, which are not in the images", 1n << 18n, "it uses tiles (AMX), which are not in the images"],
  ])("%s", async (_what, bits, why) => {
    const task = { pid: 7, threads: [{ tid: 71, core: using(bits) }] };
    expect(await testPlan(registers(), { task, host })).toMatchObject([{ what: "thread 71 of task 7 (program)", why }]);
  });

  it("but not what this processor has", async () => {
    expect(await testPlan(registers(), { task: { pid: 7, core: using(0b10_0000_0111n) }, host })).toEqual([]);
  });

  it.each([
    ["another processor", { mtype: 3 }],
    ["32-bit code", { thread_info: { gpregs: { mode: 2 } } }],
    ["a shadow stack", { thread_info: { fpregs: { xsave: { cet: { cet: 1n } } } } }],
  ])("those of %s", async (_what, core) => {
    expect(await testPlan(registers(), { task: { pid: 7, core } })).toMatchObject([{ severity: "refused", pid: 7 }]);
    expect(await testPlan(registers(), { task: { pid: 7, threads: [{ tid: 71, core }] } })).toMatchObject([
      { severity: "refused", pid: 7 },
    ]);
  });
});

/** Bytes that differ from each other. */
const bytesOf = (length: number, first: number) => Uint8Array.from({ length }, (_value, index) => first + index);

describe("the format of registers", () => {
  it("is the same after general registers were decoded and encoded", () => {
    const bytes = bytesOf(USER_REGS.length * 8, 1);
    bytes.fill(0xff, userRegOffset("orig_ax"), userRegOffset("orig_ax") + 8);
    expect(encodeGeneralRegisters(decodeGeneralRegisters(bytes))).toEqual(bytes);
  });

  it("is the same after extended state was decoded and encoded", () => {
    const legacy = new Uint8Array(512);
    legacy.set(bytesOf(416, 7));
    // Sizes of the components. Source: Intel SDM volume 1, 13.4.
    const sizes = { 2: 256, 3: 64, 4: 64, 5: 64, 6: 512, 7: 1024, 9: 8 };
    const components = Object.entries(sizes).map(([number, size]) => ({
      number: Number(number),
      bytes: bytesOf(size, Number(number)),
    }));
    const decoded = decodeExtendedState({ legacy, components, present: 0x2ffn });
    const entry = completeEntry("core", { thread_info: { fpregs: decoded as never } }).thread_info?.fpregs;
    expect(entry && encodeExtendedState(entry)).toEqual({ legacy, components });
  });

  it("leaves out components that were in their initial state", () => {
    const decoded = decodeExtendedState({ legacy: new Uint8Array(512), components: [], present: 3n });
    expect(decoded.xsave).toEqual({ xstate_bv: 3n });
  });
});

describe("a checkpoint", () => {
  const leader = (cs: bigint, more: object = {}) => {
    const registers = new Uint8Array(USER_REGS.length * 8);
    new DataView(registers.buffer).setBigUint64(userRegOffset("cs"), cs, true);
    new DataView(registers.buffer).setBigUint64(userRegOffset("ip"), 0x1234n, true);
    return { registers, ...more };
  };

  it("saves the registers and the signal mask of every thread; the leader's mask is also the task's", async () => {
    const task = {
      pid: 7,
      leader: leader(0x33n, { signalMask: 5n }),
      threads: { 8: leader(0x33n, { signalMask: 6n }) },
    };
    const { context, error } = await testDump(registersOfDump(), { task });
    expect(error?.describe()).toBeUndefined();
    const [saved] = context?.tree.alive ?? [];
    expect(saved?.threads.map(({ info, core }) => [info.gpregs?.ip, core.blk_sigset])).toEqual([
      [0x1234n, 5n],
      [0x1234n, 6n],
    ]);
    expect(saved?.core.blk_sigset).toBe(5n);
  });

  it.each([
    ["32-bit tasks", 0x23n, {}, "32-bit tasks are not saved yet"],
    ["shadow stacks", 0x33n, { x86_Thread_features: "shstk wrss" }, "it has a shadow stack, which is not saved yet"],
  ])("refuses %s", async (_what, cs, status, why) => {
    const { findings } = await testDump(registersOfDump(), { task: { pid: 7, leader: leader(cs), status } });
    expect(findings).toMatchObject([{ severity: "refused", what: "task 7 (program)", why, pid: 7 }]);
  });
});
