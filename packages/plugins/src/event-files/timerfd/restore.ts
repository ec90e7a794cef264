import { definePlugin, output, type Plugin, type Task, type Value, words } from "@restage/core";
import type { TimerfdEntry } from "@restage/images";
import { CLOCK, TFD_IOC_SET_TICKS, TFD_TIMER } from "@restage/linux/abi";
import { creationFlags, setOtherFlags } from "../open-flags.ts";

const SECOND = 1_000_000_000n;

/**
 * RESTORE: opens timerfds. RESTORE_SIGCHLD: arms those of alarm clocks, which requires CAP_WAKE_ALARM, before RESTORE_CREDS can take it from the
 * task. COMPLETE: arms the others, as late as possible, so that they do not expire before their tasks run.
 *
 * Images record the time left. A timer with an absolute time gets one again: the current time plus the time left. Setting ticks requires
 * CONFIG_CHECKPOINT_RESTORE.
 */
export function timerfds(): Plugin {
  return definePlugin({
    name: "timerfds",
    duty: "timerfds",
    stages: {
      RESTORE: "opens timerfds",
      RESTORE_SIGCHLD: "arms timerfds of alarm clocks",
      COMPLETE: "arms timerfds and sets their unread ticks",
    },
    apply({ openFile, stages }) {
      const opened = new Map<Task, TimerfdEntry[]>();
      openFile.for("TIMERFD").tap("timerfds", ({ task, entry: { tfd } }) => {
        if (tfd === undefined) return undefined;
        const descriptor = task.call.timerfd_create(tfd.clockid, creationFlags(tfd.flags));
        setOtherFlags(task, descriptor, tfd.flags);
        // A timerfd in flight has no descriptor number by which COMPLETE could find it.
        if (task.descriptors.some(({ id }) => id === tfd.id)) opened.set(task, [...(opened.get(task) ?? []), tfd]);
        else arm(task, descriptor, tfd, 0, left(tfd));
        return descriptor;
      });
      const armOpened = async (task: Task, isDue: (timer: TimerfdEntry) => boolean) => {
        for (const timer of opened.get(task)?.filter(isDue) ?? []) {
          const number = task.descriptors.find(({ id }) => id === timer.id)?.fd ?? -1;
          const isAbsolute = (timer.settime_flags & TFD_TIMER.ABSTIME) !== 0 && left(timer) > 0n;
          const now = isAbsolute ? await readClock(task, clockOf(timer)) : 0n;
          arm(task, number, timer, timer.settime_flags, now + left(timer));
        }
      };
      stages.RESTORE_SIGCHLD.task.tapPromise("timerfds", (task) => armOpened(task, hasAlarmClock));
      stages.COMPLETE.task.tapPromise("timerfds", (task) => armOpened(task, (timer) => !hasAlarmClock(timer)));
    },
  });
}

/**
 * Nanoseconds until the timer expires; 0 if it is disarmed.
 *
 * The kernel restarts a periodic timer only when a task reads it. Until then /proc and CRIU's image show that no time is left: the next whole
 * interval starts with the restore.
 */
function left(timer: TimerfdEntry): bigint {
  const time = timer.vsec * SECOND + timer.vnsec;
  return time === 0n && timer.ticks > 0n ? intervalOf(timer) : time;
}

function hasAlarmClock({ clockid }: TimerfdEntry): boolean {
  return clockid === CLOCK.REALTIME_ALARM || clockid === CLOCK.BOOTTIME_ALARM;
}

/** The clock to read for a timer. An alarm clock has the time of another clock, but only a machine with a real-time clock (RTC) can read it. */
function clockOf({ clockid }: TimerfdEntry): number {
  if (clockid === CLOCK.REALTIME_ALARM) return CLOCK.REALTIME;
  if (clockid === CLOCK.BOOTTIME_ALARM) return CLOCK.BOOTTIME;
  return clockid;
}

function intervalOf({ isec, insec }: TimerfdEntry): bigint {
  return isec * SECOND + insec;
}

/** Sets struct itimerspec, which starts with the interval, then the ticks, because setting a timer clears them. */
function arm(task: Task, descriptor: Value, timer: TimerfdEntry, flags: number, time: bigint): void {
  const value = words(timer.isec, timer.insec, time / SECOND, time % SECOND);
  if (time > 0n || intervalOf(timer) > 0n) task.call.timerfd_settime(descriptor, flags, value, 0);
  if (timer.ticks > 0n) task.call.ioctl(descriptor, TFD_IOC_SET_TICKS, words(timer.ticks));
}

/** Nanoseconds of a clock in the task's time namespace. */
async function readClock(task: Task, clock: number): Promise<bigint> {
  const time = output(16);
  task.call.clock_gettime(clock, time);
  await task.flush();
  const view = new DataView(time.bytes.buffer, time.bytes.byteOffset);
  return view.getBigInt64(0, true) * SECOND + view.getBigInt64(8, true);
}
