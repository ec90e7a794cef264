import { definePlugin, output, type Plugin } from "@restage/core";
import { RLIMIT_NAMES } from "@restage/linux/abi";

/** Resource limits. */
export function limits(): Plugin {
  return definePlugin({
    name: "limits",
    duty: "limits",
    dump({ phases }) {
      const answers = new Map<unknown, readonly ReturnType<typeof output>[]>();
      // Asked from within: from outside it takes CAP_SYS_RESOURCE where a process has other ids.
      phases.query.task.tap("limits", (task) => {
        const limits = RLIMIT_NAMES.map((_, which) => {
          const limit = output(16);
          task.leader.call.prlimit64(0, which, undefined, limit);
          return limit;
        });
        answers.set(task, limits);
      });
      phases.collect.task.tap("limits", (task) => {
        const rlimits = (answers.get(task) ?? []).map(({ bytes }) => {
          const [cur = 0n, max = 0n] = new BigUint64Array(bytes.slice().buffer);
          return { cur, max };
        });
        task.core.rlimits = { rlimits };
      });
    },
  });
}
