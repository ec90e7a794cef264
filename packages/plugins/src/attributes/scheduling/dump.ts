import { definePlugin, type Host, type Plugin, RestoreError } from "@restage/core";
import { errnoText, IOPRIO_CLASS_SHIFT, IOPRIO_WHO_PROCESS, SCHED_ATTR } from "@restage/linux/abi";
import { room } from "../../room.ts";
import { AFFINITY_SIZE, countProcessors, decodeScheduling, obstacleOf } from "./format.ts";

/** How every thread is scheduled: nice value, policy, I/O priority, and the processors on which it may run. */
export function scheduling(): Plugin {
  return definePlugin({
    name: "scheduling",
    duty: "scheduling",
    phases: {
      inspect:
        "saves nice value, scheduling policy, processors and I/O priority of every thread; refuses SCHED_DEADLINE and SCHED_EXT",
    },
    dump({ phases }) {
      let online: number | undefined;
      const countOnline = (host: Host): number => {
        online ??= countProcessors(host.readText("/sys/devices/system/cpu/online") ?? "");
        return online;
      };
      phases.inspect.thread.tap("scheduling", (thread, context) => {
        const { core, stopped, tid, task } = thread;
        const { host, findings, own } = context;
        const { data } = room(SCHED_ATTR.size);
        const result = host.attempt("sched_getattr", stopped.tid, data, SCHED_ATTR.size, 0);
        if (result < 0) {
          const message = `Cannot read how ${thread.name} is scheduled: sched_getattr: ${errnoText(-result)}`;
          throw new RestoreError("ERR_SYSCALL", message, { pid: task.pid, tid });
        }
        const scheduling = decodeScheduling(data.bytes);
        Object.assign(core, scheduling);
        const why = obstacleOf(scheduling);
        if (why !== undefined) findings.refuse({ what: thread.name, why, pid: task.pid });
        const affinity = chosenProcessors(host, stopped.tid, countOnline);
        if (affinity !== undefined) own.thread(tid).affinity = affinity;
        const priority = host.attempt("ioprio_get", IOPRIO_WHO_PROCESS, stopped.tid);
        // Older kernels, such as 5.10, report a level also for threads without an I/O priority, and do not accept it back.
        if (priority >> IOPRIO_CLASS_SHIFT > 0) own.thread(tid).io_priority = priority;
      });
    },
  });
}

/** The processors on which a thread may run; undefined when it may run on all of them, so that it will on a larger machine too. */
function chosenProcessors(host: Host, tid: number, countOnline: (host: Host) => number): Uint8Array | undefined {
  const { data } = room(AFFINITY_SIZE);
  const size = host.attempt("sched_getaffinity", tid, AFFINITY_SIZE, data);
  if (size <= 0) return undefined;
  const mask = data.bytes.slice(0, size);
  return mask.reduce((count, byte) => count + bitsOf(byte), 0) < countOnline(host) ? mask : undefined;
}

function bitsOf(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
