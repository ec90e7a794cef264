import { definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { RLIMIT_NAMES } from "@restage/linux/abi";
import { Answers } from "../../answers.ts";
import { room } from "../../room.ts";

/** sizeof(struct rlimit64). */
const RLIMIT64_SIZE = 16;

/** Resource limits. Tasks are asked, because reading those of a process with other ids requires CAP_SYS_RESOURCE. */
export function limits(): Plugin {
  return definePlugin({
    name: "limits",
    duty: "limits",
    phases: { query: "reads resource limits", collect: "saves resource limits" },
    dump({ phases }) {
      const limits = new Answers<SeizedTask, readonly ReturnType<typeof room>[]>();
      phases.query.task.tap("limits", (task) => {
        const asked = RLIMIT_NAMES.map((_, which) => {
          const limit = room(RLIMIT64_SIZE);
          task.leader.call.prlimit64(0, which, undefined, limit.data);
          return limit;
        });
        limits.keep(task, asked);
      });
      phases.collect.task.tap("limits", (task) => {
        const rlimits = limits.of(task).map(({ view }) => {
          return { cur: view.getBigUint64(0, true), max: view.getBigUint64(8, true) };
        });
        task.core.rlimits = { rlimits };
      });
    },
  });
}
