import { data, definePlugin, type Plugin, struct, type Task, words } from "@restage/core";
import type { PosixTimerEntry } from "@restage/images";
import { PR, SIGEV } from "@restage/linux/abi";

const ON = 1;
const OFF = 0;

/**
 * RESTORE: POSIX timers with their ids. COMPLETE: they are armed, with the time that was left.
 *
 * From kernel 6.15 a timer can be given its id. Before, the kernel counts ids up for each process, so timers are made and deleted until
 * the count is there.
 */
export function posixTimers(): Plugin {
  return definePlugin({
    name: "posix-timers",
    duty: "posix-timers",
    needs: ["threads"],
    stages: { RESTORE: "POSIX timers are created with their ids", COMPLETE: "POSIX timers are armed" },
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
        for (const { it_id, isec, insec, vsec, vnsec } of timersOf(task)) {
          const expired = vsec === 0n && vnsec === 0n;
          if (expired && isec === 0n && insec === 0n) continue;
          const value = expired ? ([isec, insec] as const) : ([vsec, vnsec] as const);
          task.call.timer_settime(it_id, 0, words(isec, insec, ...value), 0);
        }
      });
    },
  });
}

function timersOf(task: Task): readonly PosixTimerEntry[] {
  return task.survives ? (task.core.tc?.timers?.posix ?? []) : [];
}

/** The id is read and written: the wanted one with TIMER_CREATE_RESTORE_IDS, else what the kernel chose. */
function create(task: Task, timer: PosixTimerEntry, id: number): void {
  const event = struct(
    [8, timer.sival_ptr],
    [4, timer.si_signo],
    [4, timer.it_sigev_notify],
    [4, timer.it_sigev_notify === SIGEV.THREAD_ID ? (timer.notify_thread_id ?? 0) : 0],
    ...Array.from({ length: 11 }, () => [4, 0] as const),
  );
  task.call.timer_create(timer.clock_id, event, data(new Uint8Array(Int32Array.of(id).buffer)));
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
