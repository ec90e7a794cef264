import { definePlugin, type Plugin } from "@restage/core";
import { ERRNO } from "@restage/linux/abi";

/** COMPLETE, last of all: seals memory (mseal(2)), from restage.img. */
export function sealing(): Plugin {
  return definePlugin({
    name: "sealing",
    duty: "sealing",
    stages: { COMPLETE: "seals memory" },
    apply({ plan, stages }) {
      plan.tap("sealing", (plan) => {
        const sealed = plan.survivors.find(({ pid }) => (plan.images.own.task(pid)?.sealed ?? []).length > 0);
        if (sealed === undefined || plan.host.attempt("mseal", 0, 0, 0) !== -ERRNO.ENOSYS) return;
        const why = "its sealed memory (mseal) needs Linux 6.10 or newer";
        plan.refuse({ what: sealed.name, why, pid: sealed.pid });
      });
      stages.COMPLETE.task.tap("sealing", (task, { images }) => {
        for (const { start, end } of images.own.task(task.pid)?.sealed ?? [])
          task.leader.callLast("mseal", start, end - start, 0);
      });
    },
  });
}
