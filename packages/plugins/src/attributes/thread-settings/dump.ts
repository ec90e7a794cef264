import { type Call, type DumpContext, definePlugin, type Plugin, type SeizedThread } from "@restage/core";
import { PR, PR_MCE_KILL, PR_TSC_ENABLE } from "@restage/linux/abi";
import { Answers } from "../../answers.ts";
import { room } from "../../room.ts";
import {
  ASK_PERSONALITY,
  DEFAULT_MEMORY_POLICY,
  DEFAULT_TIMER_SLACK,
  DISPATCH_BLOCK,
  decodeDispatch,
  NODES_COUNT,
  NODES_SIZE,
} from "./format.ts";

interface Asked {
  readonly slack: Call;
  readonly tsc: ReturnType<typeof room>;
  readonly machineCheck: Call;
  readonly flusher: Call;
  readonly personality: Call;
  readonly policy: Call;
  readonly policyMode: ReturnType<typeof room>;
  readonly policyNodes: ReturnType<typeof room>;
}

/** Settings of prctl(2) that each thread has, and that CRIU does not save: in restage.img. */
export function threadSettings(): Plugin {
  return definePlugin({
    name: "thread-settings",
    duty: "thread-settings",
    phases: {
      inspect: "saves the dispatch of system calls to user space",
      query:
        "reads timer slack, time stamp counter, machine check policy, I/O flusher state, personality and memory policy of every thread",
      collect:
        "saves timer slack, time stamp counter, machine check policy, I/O flusher state, personality and memory policy of every thread",
    },
    dump({ phases }) {
      const answers = new Answers<SeizedThread, Asked>();
      phases.inspect.thread.tap("thread-settings", saveDispatch);
      phases.query.thread.tap("thread-settings", (thread) => {
        const { call } = thread;
        const tsc = room(4);
        const policyMode = room(4);
        const policyNodes = room(NODES_SIZE);
        call.prctl(PR.GET_TSC, tsc.data, 0, 0, 0);
        answers.keep(thread, {
          slack: call.prctl(PR.GET_TIMERSLACK, 0, 0, 0, 0),
          tsc,
          policyMode,
          policyNodes,
          policy: call.get_mempolicy(policyMode.data, policyNodes.data, NODES_COUNT, 0, 0),
          machineCheck: call.prctl(PR.MCE_KILL_GET, 0, 0, 0, 0),
          personality: call.personality(ASK_PERSONALITY),
          flusher: call.prctl(PR.GET_IO_FLUSHER, 0, 0, 0, 0),
        });
      });
      phases.collect.thread.tap("thread-settings", (thread, { own }) => {
        const { slack, tsc, machineCheck, flusher, personality } = answers.of(thread);
        const mode = tsc.view.getInt32(0, true);
        if (slack.result > 0 && slack.result !== DEFAULT_TIMER_SLACK)
          own.thread(thread.tid).timer_slack = BigInt(slack.result);
        if (mode > PR_TSC_ENABLE) own.thread(thread.tid).tsc = mode;
        if (machineCheck.result >= 0 && machineCheck.result !== PR_MCE_KILL.DEFAULT)
          own.thread(thread.tid).machine_check = machineCheck.result;
        if (personality.result > 0) own.thread(thread.tid).personality = personality.result;
        savePolicy(thread, answers.of(thread), own);
        if (flusher.result > 0) own.thread(thread.tid).io_flusher = true;
      });
    },
  });
}

function savePolicy({ tid }: SeizedThread, { policy, policyMode, policyNodes }: Asked, own: DumpContext["own"]): void {
  const mode = policyMode.view.getInt32(0, true);
  // A kernel without NUMA does not have the call.
  if (policy.result < 0 || mode === DEFAULT_MEMORY_POLICY) return;
  own.thread(tid).memory_policy = mode;
  own.thread(tid).memory_nodes = policyNodes.data.bytes.slice();
}

function saveDispatch(thread: SeizedThread, { seizer, own, findings }: DumpContext): void {
  const bytes = seizer.syscallDispatch(thread.stopped);
  if (bytes === undefined) return;
  const dispatch = decodeDispatch(bytes);
  if (dispatch.mode === 0n) return;
  own.thread(thread.tid).dispatch = dispatch;
  if (dispatch.selector === 0n) return;
  const [selector] = seizer.readMemory(thread.stopped.tgid, dispatch.selector, 1) ?? [];
  if (selector !== DISPATCH_BLOCK) return;
  const why =
    "its system calls are being dispatched to it (PR_SET_SYSCALL_USER_DISPATCH), so it cannot be asked for its state";
  findings.refuse({ what: thread.name, why, hint: "try again", pid: thread.task.pid });
}
