import { type Call, definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { MEMBARRIER_CMD, PR } from "@restage/linux/abi";
import { Answers } from "../../answers.ts";
import { room } from "../../room.ts";

interface Asked {
  readonly subreaper: ReturnType<typeof room>;
  readonly registrations: Call;
}

/**
 * oom_score_adj, loginuid, coredump_filter (in restage.img: CRIU does not save it), child subreaper and membarrier registrations. Kernels before 6.3 do not
 * show the registrations.
 */
export function processAttributes(): Plugin {
  return definePlugin({
    name: "process-attributes",
    duty: "process-attributes",
    phases: {
      query: "reads the child subreaper attribute and membarrier registrations",
      collect: "saves oom_score_adj, loginuid, coredump_filter, child subreaper and membarrier registrations",
    },
    dump({ phases }) {
      const answers = new Answers<SeizedTask, Asked>();
      phases.query.task.tap("process-attributes", (task) => {
        const subreaper = room(4);
        task.leader.call.prctl(PR.GET_CHILD_SUBREAPER, subreaper.data, 0, 0, 0);
        const registrations = task.leader.call.membarrier(MEMBARRIER_CMD.GET_REGISTRATIONS, 0, 0);
        answers.keep(task, { subreaper, registrations });
      });
      phases.collect.task.tap("process-attributes", (task, { host, own }) => {
        const { subreaper, registrations } = answers.of(task);
        task.core.child_subreaper = subreaper.view.getInt32(0, true) !== 0;
        if (registrations.result > 0) task.core.membarrier_registration_mask = registrations.result;
        const oom = host.readText(`${task.proc}/oom_score_adj`);
        if (oom !== undefined) task.core.oom_score_adj = Number(oom);
        const loginuid = host.readText(`${task.proc}/loginuid`);
        if (loginuid !== undefined) task.core.loginuid = Number(loginuid);
        // Tasks inherit that of the process that restores them.
        const filter = host.readText(`${task.proc}/coredump_filter`);
        if (filter !== undefined && filter !== host.readText("/proc/self/coredump_filter"))
          own.task(task.pid).coredump_filter = Number.parseInt(filter, 16);
      });
    },
  });
}
