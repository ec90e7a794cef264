import { data, definePlugin, type Plugin, type Task } from "@restage/core";
import type { PosixTimerEntry } from "@restage/images";
import { PR } from "@restage/linux/abi";
import { encodeNotification, encodeTimes, isArmed } from "./format.ts";

const ON = 1;
const OFF = 0;

/**
 * RESTORE: creates POSIX timers with their ids. COMPLETE: arms them with the time that was left.
 *
 * From Linux 6.15 on, a timer can be created with a given id. Older kernels count ids up for each process, so timers are created and deleted until
 * the counter has the right value.
 */
export function posixTimers(): Plugin {
  return definePlugin({
    name: "posix-timers",
    duty: "posix-timers",
    needs: ["threads"],
    stages: { RESTORE: "creates POSIX timers with their ids", COMPLETE: "arms POSIX timers" },
    apply({ stages }) {
      stages.RESTORE.task.tapPromise("posix-timers", async (task) => {
        const timers = timersOf(task);
        if (timers.length === 0) return;
        const ids = task.call.prctl(PR.TIMER_CREATE_RESTORE_IDS, ON, 0, 0, 0).allow("EINVAL");
        await task.flush();
        if (ids.failed) createByCounting(task, timers);
        else {
          for (const timer of timers) create(task, timer, timer.it_id);
          task.call.prctl(PR.TIMER_CREATE_RESTORE_IDS, OFF, 0, 0, 0);
        }
      });
      stages.COMPLETE.task.tap("posix-timers", (task) => {
        for (const timer of timersOf(task))
          if (isArmed(timer)) task.call.timer_settime(timer.it_id, 0, encodeTimes(timer), 0);
      });
    },
  });
}

function timersOf(task: Task): readonly PosixTimerEntry[] {
  return task.survives ? (task.core.tc?.timers?.posix ?? []) : [];
}

/** The kernel reads the id with TIMER_CREATE_RESTORE_IDS; otherwise it writes there which id it chose. */
function create(task: Task, timer: PosixTimerEntry, id: number): void {
  const room = data(new Uint8Array(Int32Array.of(id).buffer));
  task.call.timer_create(timer.clock_id, encodeNotification(timer), room);
}

function createByCounting(task: Task, timers: readonly PosixTimerEntry[]): void {
  const byId = new Map(timers.map((timer) => [timer.it_id, timer]));
  const last = Math.max(...byId.keys());
  for (let id = 0; id <= last; id++) {
    const timer = byId.get(id);
    const [some] = timers;
    if (timer !== undefined) create(task, timer, 0);
    else if (some !== undefined) {
      create(task, some, 0);
      task.call.timer_delete(id);
    }
  }
}
