import { type Call, definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { userRegOffset } from "@restage/linux/abi";
import { Answers } from "../../answers.ts";
import { room } from "../../room.ts";
import { decodeExtendedState, decodeGeneralRegisters } from "./format.ts";
import { decodeThreadArea } from "./thread-areas.ts";

/** The code segment selector of 64-bit tasks. Source: arch/x86/include/asm/segment.h. */
const USER_CS = 0x33n;

/** Reads the local descriptor table, and the size of one entry. Source: arch/x86/kernel/ldt.c. */
const READ_LDT = 0;
const LDT_ENTRY_SIZE = 8;

/**
 * General registers, extended state and signal mask of every thread. A system call that the checkpoint interrupts is made again after the restore, or
 * has its final result.
 */
export function registers(): Plugin {
  return definePlugin({
    name: "registers",
    duty: "registers",
    phases: {
      inspect: "refuses 32-bit tasks and shadow stacks",
      query: "reads whether a task has a local descriptor table",
      collect: "saves general registers, extended state and signal mask of every thread",
    },
    dump({ phases }) {
      phases.inspect.thread.tap("registers", (thread, { findings }) => {
        const refuse = (why: string) => findings.refuse({ what: thread.name, why, pid: thread.task.pid });
        const cs = new DataView(thread.stopped.registers.buffer).getBigUint64(userRegOffset("cs"), true);
        if (cs !== USER_CS) refuse("32-bit tasks are not saved yet");
        if (thread.status.get("x86_Thread_features")?.includes("shstk") === true)
          refuse("it has a shadow stack, which is not saved yet");
      });
      const answers = new Answers<SeizedTask, Call>();
      phases.query.task.tap("registers", (task) => {
        answers.keep(task, task.leader.call.modify_ldt(READ_LDT, room(LDT_ENTRY_SIZE).data, LDT_ENTRY_SIZE));
      });
      phases.collect.task.tap("registers", (task, { findings }) => {
        if (answers.of(task).result !== LDT_ENTRY_SIZE) return;
        const why = "it has a local descriptor table (modify_ldt), which is not saved yet";
        findings.refuse({ what: task.name, why, pid: task.pid });
      });
      phases.collect.thread.tap("registers", (thread, { seizer }) => {
        const { stopped, task, info, core } = thread;
        info.gpregs = decodeGeneralRegisters(seizer.restarted(stopped));
        info.fpregs = decodeExtendedState(seizer.extendedState(stopped));
        info.tls = seizer.threadAreas(stopped).map(decodeThreadArea);
        core.blk_sigset = stopped.signalMask;
        if (thread.isLeader) task.core.blk_sigset = stopped.signalMask;
      });
    },
  });
}
