import { definePlugin, type Plugin } from "@restage/core";
import { type InputOf, march, type UserX86FpregsEntry, type UserX86RegsEntry, userX86RegsMode } from "@restage/images";
import type { ExtendedState } from "@restage/linux";
import { USER_REGS, userRegOffset } from "@restage/linux/abi";

/** Selector of the code segment of 64-bit tasks. Source: arch/x86/include/asm/segment.h. */
const USER_CS = 0x33n;

/** General registers and extended state of every thread. A call in which it was interrupted is made again after the restore. */
export function registers(): Plugin {
  return definePlugin({
    name: "registers",
    duty: "registers",
    dump({ phases }) {
      phases.inspect.thread.tap("registers", (thread, context) => {
        const { pid } = thread.task;
        const refuse = (why: string) => context.findings.refuse({ what: `thread ${thread.tid}`, why, pid });
        const cs = new DataView(thread.stopped.registers.buffer).getBigUint64(userRegOffset("cs"), true);
        if (cs !== USER_CS) refuse("32-bit tasks are not saved yet");
        if (thread.status.get("x86_Thread_features")?.includes("shstk") === true)
          refuse("it has a shadow stack, which is not saved yet");
      });
      phases.collect.thread.tap("registers", (thread, context) => {
        thread.info.gpregs = generalRegisters(context.seizer.restarted(thread.stopped));
        thread.info.fpregs = floatingPoint(context.seizer.extendedState(thread.stopped));
      });
    },
  });
}

export const ARCHITECTURE = march.X86_64;

/** An interrupted call has its final result, or is made again: the kernel that restores knows nothing of it. */
function generalRegisters(bytes: Uint8Array): UserX86RegsEntry {
  const view = new DataView(bytes.buffer);
  const values = USER_REGS.map((name) => [name, view.getBigUint64(userRegOffset(name), true)] as const);
  return {
    ...(Object.fromEntries(values) as Record<(typeof USER_REGS)[number], bigint>),
    mode: userX86RegsMode.NATIVE,
  };
}

/** Source of the layout: Intel SDM volume 1, 10.5 and 13.4. */
function floatingPoint({
  legacy,
  components,
  present,
}: ExtendedState & { present: bigint }): InputOf<UserX86FpregsEntry> {
  const view = new DataView(legacy.buffer, legacy.byteOffset, legacy.length);
  const component = (number: number) => components.find((each) => each.number === number)?.bytes ?? new Uint8Array();
  return {
    cwd: view.getUint16(0, true),
    swd: view.getUint16(2, true),
    twd: view.getUint16(4, true),
    fop: view.getUint16(6, true),
    rip: view.getBigUint64(8, true),
    rdp: view.getBigUint64(16, true),
    mxcsr: view.getUint32(24, true),
    mxcsr_mask: view.getUint32(28, true),
    st_space: words32(legacy.slice(32, 160)),
    xmm_space: words32(legacy.slice(160, 416)),
    xsave: {
      // What CRIU has no field for is in its initial state after a restore.
      xstate_bv: present,
      ymmh_space: words32(component(2)),
      bndreg_state: words64(component(3)),
      bndcsr_state: words64(component(4)),
      opmask_reg: words64(component(5)),
      zmm_upper: words64(component(6)),
      hi16_zmm: words64(component(7)),
      pkru: words32(component(9)),
    },
  };
}

function words32(bytes: Uint8Array): readonly number[] {
  return [...new Uint32Array(bytes.slice().buffer)];
}

function words64(bytes: Uint8Array): readonly bigint[] {
  return [...new BigUint64Array(bytes.slice().buffer)];
}
