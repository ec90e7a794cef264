import { definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { ITIMERVAL_SIZE } from "@restage/linux/abi";
import { Answers } from "../../answers.ts";
import { room } from "../../room.ts";
import { decodeTimer, INTERVAL_TIMERS } from "./format.ts";

type Timers = Record<(typeof INTERVAL_TIMERS)[number][0], ReturnType<typeof room>>;

/** Interval timers, with the time that is left. */
export function intervalTimers(): Plugin {
  return definePlugin({
    name: "interval-timers",
    duty: "interval-timers",
    phases: { query: "reads interval timers", collect: "saves interval timers" },
    dump({ phases }) {
      const timers = new Answers<SeizedTask, Timers>();
      phases.query.task.tap("interval-timers", (task) => {
        const asked: Timers = { real: room(ITIMERVAL_SIZE), virt: room(ITIMERVAL_SIZE), prof: room(ITIMERVAL_SIZE) };
        for (const [name, which] of INTERVAL_TIMERS) task.leader.call.getitimer(which, asked[name].data);
        timers.keep(task, asked);
      });
      phases.collect.task.tap("interval-timers", (task) => {
        const { real, virt, prof } = timers.of(task);
        task.core.timers = {
          ...task.core.timers,
          real: decodeTimer(real.data.bytes),
          virt: decodeTimer(virt.data.bytes),
          prof: decodeTimer(prof.data.bytes),
        };
      });
    },
  });
}
