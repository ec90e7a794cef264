import { type Call, definePlugin, output, type Plugin } from "@restage/core";
import { readDetails } from "@restage/core/dump";
import { taskState } from "@restage/images";
import { MEMBARRIER_CMD, PR } from "@restage/linux/abi";

/** Name, state, personality, oom_score_adj, loginuid, child subreaper and membarrier registrations of a process. */
export function processAttributes(): Plugin {
  return definePlugin({
    name: "process-attributes",
    duty: "process-attributes",
    dump({ phases }) {
      const subreapers = new Map<unknown, ReturnType<typeof output>>();
      const registrations = new Map<unknown, Call>();
      phases.query.task.tap("process-attributes", (task) => {
        const subreaper = output(4);
        task.leader.call.prctl(PR.GET_CHILD_SUBREAPER, subreaper, 0, 0, 0);
        subreapers.set(task, subreaper);
        registrations.set(task, task.leader.call.membarrier(MEMBARRIER_CMD.GET_REGISTRATIONS, 0, 0));
      });
      phases.collect.task.tap("process-attributes", (task, { host }) => {
        const { core } = task;
        const { stopSignal } = task.leader.stopped;
        core.task_state = stopSignal === undefined ? taskState.ALIVE : taskState.STOPPED;
        if (stopSignal !== undefined) core.stop_signo = stopSignal;
        core.exit_code = 0;
        core.comm = task.comm;
        // Not as CRIU does it, which takes the hexadecimal text for a decimal number; nobody restores it.
        core.personality = Number.parseInt(host.readText(`${task.proc}/personality`) ?? "0", 16) >>> 0;
        core.flags = readDetails(host, task.hostPid).flags >>> 0;
        core.child_subreaper = (subreapers.get(task)?.bytes[0] ?? 0) !== 0;
        const mask = registrations.get(task)?.result ?? 0;
        if (mask > 0) core.membarrier_registration_mask = mask;
        const oom = host.readText(`${task.proc}/oom_score_adj`);
        if (oom !== undefined) core.oom_score_adj = Number(oom);
        const loginuid = host.readText(`${task.proc}/loginuid`);
        if (loginuid !== undefined) core.loginuid = Number(loginuid);
      });
    },
  });
}
