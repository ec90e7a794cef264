import { definePlugin, output, type Plugin } from "@restage/core";
import { SCHED, SCHED_ATTR, SCHED_FLAG, SCHED_RESET_ON_FORK } from "@restage/linux/abi";

/** Nice value and scheduling policy of every thread. */
export function scheduling(): Plugin {
  return definePlugin({
    name: "scheduling",
    duty: "scheduling",
    dump({ phases }) {
      phases.inspect.thread.tap("scheduling", ({ core, stopped, tid, task }, { host, findings }) => {
        const attributes = output(SCHED_ATTR.size);
        const at = { kind: "address", data: attributes, offset: 0 } as const;
        host.kernel.host.call({ kind: "syscall", name: "sched_getattr", args: [stopped.tid, at, SCHED_ATTR.size, 0] });
        const view = new DataView(attributes.bytes.buffer);
        const policy = view.getUint32(SCHED_ATTR.sched_policy, true);
        const resets = (view.getBigUint64(SCHED_ATTR.sched_flags, true) & BigInt(SCHED_FLAG.RESET_ON_FORK)) !== 0n;
        if (policy === SCHED.DEADLINE || policy === SCHED.EXT) {
          const why = `its scheduling policy ${policy} (SCHED_DEADLINE, SCHED_EXT) has no place in images`;
          findings.refuse({ what: `thread ${tid}`, why, pid: task.pid });
        }
        core.sched_policy = (resets ? policy | SCHED_RESET_ON_FORK : policy) >>> 0;
        core.sched_nice = view.getInt32(SCHED_ATTR.sched_nice, true);
        if (policy === SCHED.FIFO || policy === SCHED.RR)
          core.sched_prio = view.getUint32(SCHED_ATTR.sched_priority, true);
      });
    },
  });
}
