import { type Call, definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { ITIMERVAL_SIZE } from "@restage/linux/abi";
import { Answers } from "../../answers.ts";
import { room } from "../../room.ts";
import { NO_TIMERS } from "../interval/format.ts";
import { decodeNotifications, decodeTimes, type Notification } from "./format.ts";

interface AskedTimer {
  readonly notification: Notification;
  readonly times: ReturnType<typeof room>;
  readonly overrun: Call;
}

/** POSIX timers, with the time that is left. Requires CONFIG_CHECKPOINT_RESTORE, for /proc/PID/timers. */
export function posixTimers(): Plugin {
  return definePlugin({
    name: "posix-timers",
    duty: "posix-timers",
    phases: { query: "reads times and overruns of POSIX timers", collect: "saves POSIX timers" },
    dump({ phases }) {
      const timers = new Answers<SeizedTask, readonly AskedTimer[]>();
      phases.query.task.tap("posix-timers", (task, { host }) => {
        const { call } = task.leader;
        const asked = decodeNotifications(host.readText(`${task.proc}/timers`) ?? "").map((notification) => {
          const times = room(ITIMERVAL_SIZE);
          call.timer_gettime(notification.it_id, times.data);
          return { notification, times, overrun: call.timer_getoverrun(notification.it_id) };
        });
        timers.keep(task, asked);
      });
      phases.collect.task.tap("posix-timers", (task, { tree }) => {
        const posix = timers.of(task).map(({ notification, times, overrun }) => {
          const { notify_thread_id: thread } = notification;
          return {
            ...notification,
            ...(thread === undefined ? {} : { notify_thread_id: tree.pidInside(thread) }),
            ...decodeTimes(times.data.bytes),
            overrun: Math.max(0, overrun.result),
          };
        });
        task.core.timers = { ...NO_TIMERS, ...task.core.timers, posix };
      });
    },
  });
}
