import { definePlugin, type Plugin, words } from "@restage/core";
import type { ItimerEntry, TaskTimersEntry } from "@restage/images";
import { ITIMER } from "@restage/linux/abi";

/** `which` of setitimer(2) for each timer of the image. */
const TIMERS = [
  ["real", ITIMER.REAL],
  ["virt", ITIMER.VIRTUAL],
  ["prof", ITIMER.PROF],
] as const satisfies readonly (readonly [keyof TaskTimersEntry, number])[];

/** COMPLETE: interval timers, armed last: earlier they would run out while the task is held. */
export function intervalTimers(): Plugin {
  return definePlugin({
    name: "interval-timers",
    duty: "interval-timers",
    stages: { COMPLETE: "interval timers are armed" },
    apply({ stages }) {
      stages.COMPLETE.task.tap("interval-timers", (task) => {
        for (const [name, which] of TIMERS) {
          const timer = task.core.tc?.timers?.[name];
          if (timer !== undefined && isArmed(timer)) task.call.setitimer(which, itimerval(timer), 0);
        }
      });
    },
  });
}

function isArmed({ isec, iusec, vsec, vusec }: ItimerEntry): boolean {
  return isec !== 0n || iusec !== 0n || vsec !== 0n || vusec !== 0n;
}

/** struct itimerval: interval, value. A value of 0 was about to run out: it is the whole interval then. */
function itimerval({ isec, iusec, vsec, vusec }: ItimerEntry) {
  return vsec === 0n && vusec === 0n ? words(isec, iusec, isec, iusec) : words(isec, iusec, vsec, vusec);
}
