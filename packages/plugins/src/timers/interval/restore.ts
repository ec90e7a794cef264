import { definePlugin, type Plugin } from "@restage/core";
import { encodeTimer, INTERVAL_TIMERS, isArmed } from "./format.ts";

/** COMPLETE: arms interval timers. Armed earlier, they would expire while the task is stopped. */
export function intervalTimers(): Plugin {
  return definePlugin({
    name: "interval-timers",
    duty: "interval-timers",
    stages: { COMPLETE: "arms interval timers" },
    apply({ stages }) {
      stages.COMPLETE.task.tap("interval-timers", (task) => {
        for (const [name, which] of INTERVAL_TIMERS) {
          const timer = task.core.tc?.timers?.[name];
          if (timer !== undefined && isArmed(timer)) task.call.setitimer(which, encodeTimer(timer), 0);
        }
      });
    },
  });
}
