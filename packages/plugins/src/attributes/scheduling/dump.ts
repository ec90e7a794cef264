import { definePlugin, type Plugin, RestoreError } from "@restage/core";
import { errnoText, SCHED_ATTR } from "@restage/linux/abi";
import { room } from "../../room.ts";
import { decodeScheduling, obstacleOf } from "./format.ts";

/** The nice value and scheduling policy of every thread. */
export function scheduling(): Plugin {
  return definePlugin({
    name: "scheduling",
    duty: "scheduling",
    phases: { inspect: "nice value and scheduling policy of every thread; refuses SCHED_DEADLINE and SCHED_EXT" },
    dump({ phases }) {
      phases.inspect.thread.tap("scheduling", ({ core, stopped, tid, task }, { host, findings }) => {
        const { data } = room(SCHED_ATTR.size);
        const result = host.attempt("sched_getattr", stopped.tid, data, SCHED_ATTR.size, 0);
        if (result < 0) {
          const message = `Cannot read how thread ${tid} is scheduled: sched_getattr: ${errnoText(-result)}`;
          throw new RestoreError("ERR_SYSCALL", message, { pid: task.pid, tid });
        }
        const scheduling = decodeScheduling(data.bytes);
        Object.assign(core, scheduling);
        const why = obstacleOf(scheduling);
        if (why !== undefined) findings.refuse({ what: `thread ${tid}`, why, pid: task.pid });
      });
    },
  });
}
