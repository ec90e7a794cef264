import { definePlugin, type Plugin, type SeizedTask, type SeizedThread } from "@restage/core";
import { KERNEL_SIGACTION_SIZE, SIGSET_SIZE, STACK_T } from "@restage/linux/abi";
import { Answers } from "../../answers.ts";
import { room } from "../../room.ts";
import { decodeAction, decodeStack, SIGNALS } from "./format.ts";

type Room = ReturnType<typeof room>;

/** Signal actions of every task, and the alternate stack of every thread. */
export function signalActions(): Plugin {
  return definePlugin({
    name: "signal-actions",
    duty: "signal-actions",
    phases: {
      query: "reads signal actions and alternate stacks",
      collect: "saves signal actions and alternate stacks",
    },
    dump({ phases }) {
      const actions = new Answers<SeizedTask, readonly Room[]>();
      const stacks = new Answers<SeizedThread, Room>();
      phases.query.task.tap("signal-actions", (task) => {
        const asked = SIGNALS.map((signal) => {
          const action = room(KERNEL_SIGACTION_SIZE);
          task.leader.call.rt_sigaction(signal, undefined, action.data, SIGSET_SIZE);
          return action;
        });
        actions.keep(task, asked);
      });
      phases.query.thread.tap("signal-actions", (thread) => {
        const stack = room(STACK_T.size);
        thread.call.sigaltstack(0, stack.data);
        stacks.keep(thread, stack);
      });
      phases.collect.task.tap("signal-actions", (task) => {
        task.core.sigactions = actions.of(task).map(({ data }) => decodeAction(data.bytes));
      });
      phases.collect.thread.tap("signal-actions", (thread) => {
        thread.core.sas = decodeStack(stacks.of(thread).data.bytes);
      });
    },
  });
}
