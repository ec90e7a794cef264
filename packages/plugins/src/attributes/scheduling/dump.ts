import { definePlugin, output, type Plugin } from "@restage/core";
import { SCHED } from "@restage/linux/abi";

/** SCHED_RESET_ON_FORK, which stands in the policy. Source: include/uapi/linux/sched.h. */
const RESET_ON_FORK = 0x4000_0000;
/** struct sched_attr, SCHED_ATTR_SIZE_VER0: size, policy, flags, nice, priority, ... Source: include/uapi/linux/sched/types.h. */
const SCHED_ATTR = { policy: 4, flags: 8, nice: 16, priority: 20, size: 48 } as const;
const SCHED_FLAG_RESET_ON_FORK = 1n;

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
        const policy = view.getUint32(SCHED_ATTR.policy, true);
        const resets = (view.getBigUint64(SCHED_ATTR.flags, true) & SCHED_FLAG_RESET_ON_FORK) !== 0n;
        if (policy === SCHED.DEADLINE || policy === SCHED.EXT) {
          const why = `its scheduling policy ${policy} (SCHED_DEADLINE, SCHED_EXT) has no place in images`;
          findings.refuse({ what: `thread ${tid}`, why, pid: task.pid });
        }
        core.sched_policy = (resets ? policy | RESET_ON_FORK : policy) >>> 0;
        core.sched_nice = view.getInt32(SCHED_ATTR.nice, true);
        if (policy === SCHED.FIFO || policy === SCHED.RR) core.sched_prio = view.getUint32(SCHED_ATTR.priority, true);
      });
    },
  });
}
