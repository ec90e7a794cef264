import { type Call, output } from "@restage/core";
import { taskState } from "@restage/images";
import { readText } from "@restage/linux";
import { PR } from "@restage/linux/abi";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import { readDetails } from "@restage/core";

/** MEMBARRIER_CMD_GET_REGISTRATIONS, from Linux 6.3. Source: include/uapi/linux/membarrier.h. */
const GET_REGISTRATIONS = 1 << 9;

/** Name, state, personality, oom_score_adj, loginuid, child subreaper and membarrier registrations of a process. */
export function processAttributes(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "process-attributes",
    duty: "process-attributes",
    saves: [
      {
        group: "tasks",
        what: "name, oom_score_adj, personality, THP, subreaper",
        saved: "all",
        shownBy: ["fixture attributes"],
      },
    ],
    apply({ look, collect }) {
      const subreapers = new Map<unknown, ReturnType<typeof output>>();
      const registrations = new Map<unknown, Call>();
      look.task.tap("process-attributes", (task) => {
        const subreaper = output(4);
        task.leader.call.prctl(PR.GET_CHILD_SUBREAPER, subreaper, 0, 0, 0);
        subreapers.set(task, subreaper);
        registrations.set(task, task.leader.call.membarrier(GET_REGISTRATIONS, 0, 0));
      });
      collect.task.tap("process-attributes", (task) => {
        const { core } = task;
        const { stopSignal } = task.leader.frozen;
        core.task_state = stopSignal === undefined ? taskState.ALIVE : taskState.STOPPED;
        if (stopSignal !== undefined) core.stop_signo = stopSignal;
        core.exit_code = 0;
        core.comm = task.comm;
        // Not as CRIU does it, which takes the hexadecimal text for a decimal number; nobody restores it.
        core.personality = Number.parseInt(readText(`${task.proc}/personality`) ?? "0", 16) >>> 0;
        core.flags = readDetails(task.hostPid).flags >>> 0;
        core.child_subreaper = (subreapers.get(task)?.bytes[0] ?? 0) !== 0;
        const mask = registrations.get(task)?.result ?? 0;
        if (mask > 0) core.membarrier_registration_mask = mask;
        const oom = readText(`${task.proc}/oom_score_adj`);
        if (oom !== undefined) core.oom_score_adj = Number(oom);
        const loginuid = readText(`${task.proc}/loginuid`);
        if (loginuid !== undefined) core.loginuid = Number(loginuid);
      });
    },
  });
}
