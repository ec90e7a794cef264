import { definePlugin, output, type Plugin, type Task, type Value, words } from "@restage/core";
import type { TimerfdEntry } from "@restage/images";
import { TFD_IOC_SET_TICKS, TFD_TIMER } from "@restage/linux/abi";
import { creationFlags, setOtherFlags } from "../open-flags.ts";

const SECOND = 1_000_000_000n;

/**
 * RESTORE: opens timerfds. COMPLETE: arms them, as late as can be, so that they do not expire before their tasks run.
 *
 * The image has the time that was left. A timer that was set to a time of its clock is set to one again: the left time from now on. Setting ticks
 * needs CONFIG_CHECKPOINT_RESTORE.
 */
export function timerfds(): Plugin {
  return definePlugin({
    name: "timerfds",
    duty: "timerfds",
    stages: { RESTORE: "opens timerfds", COMPLETE: "arms them, with the ticks that nobody has read" },
    apply({ openFile, stages }) {
      const opened = new Map<Task, TimerfdEntry[]>();
      openFile.for("TIMERFD").tap("timerfds", ({ task, entry: { tfd } }) => {
        if (tfd === undefined) return undefined;
        const descriptor = task.call.timerfd_create(tfd.clockid, creationFlags(tfd.flags));
        setOtherFlags(task, descriptor, tfd.flags);
        // One that is only in flight has no number by which it can be found later.
        if (task.descriptors.some(({ id }) => id === tfd.id)) opened.set(task, [...(opened.get(task) ?? []), tfd]);
        else arm(task, descriptor, tfd, 0, left(tfd));
        return descriptor;
      });
      stages.COMPLETE.task.tapPromise("timerfds", async (task) => {
        for (const timer of opened.get(task) ?? []) {
          const number = task.descriptors.find(({ id }) => id === timer.id)?.fd ?? -1;
          const isAbsolute = (timer.settime_flags & TFD_TIMER.ABSTIME) !== 0 && left(timer) > 0n;
          const now = isAbsolute ? await readClock(task, timer.clockid) : 0n;
          arm(task, number, timer, timer.settime_flags, now + left(timer));
        }
      });
    },
  });
}

/** Nanoseconds until it expires; 0 for one that is not armed. */
function left({ vsec, vnsec }: TimerfdEntry): bigint {
  return vsec * SECOND + vnsec;
}

/** struct itimerspec has the interval first. Ticks come last, since setting a timer clears them. */
function arm(task: Task, descriptor: Value, timer: TimerfdEntry, flags: number, time: bigint): void {
  const value = words(timer.isec, timer.insec, time / SECOND, time % SECOND);
  if (time > 0n) task.call.timerfd_settime(descriptor, flags, value, 0);
  if (timer.ticks > 0n) task.call.ioctl(descriptor, TFD_IOC_SET_TICKS, words(timer.ticks));
}

/** Nanoseconds of a clock as the task has it. */
async function readClock(task: Task, clock: number): Promise<bigint> {
  const time = output(16);
  task.call.clock_gettime(clock, time);
  await task.flush();
  const view = new DataView(time.bytes.buffer, time.bytes.byteOffset);
  return view.getBigInt64(0, true) * SECOND + view.getBigInt64(8, true);
}
