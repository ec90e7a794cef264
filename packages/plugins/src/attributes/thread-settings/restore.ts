import { definePlugin, giveCapability, type Plugin } from "@restage/core";
import { PR, PR_MCE_KILL } from "@restage/linux/abi";

/** RESTORE: settings of prctl(2) that each thread has, from restage.img. The duty `registers` sets the dispatch of system calls. */
export function threadSettings(): Plugin {
  return definePlugin({
    name: "thread-settings",
    duty: "thread-settings",
    stages: {
      RESTORE: "sets timer slack, time stamp counter, machine check policy and I/O flusher state of every thread",
    },
    apply({ stages }) {
      stages.RESTORE.thread.tap("thread-settings", ({ call, tid }, { images }) => {
        const { timer_slack, tsc, machine_check, io_flusher } = images.own.thread(tid) ?? {};
        if (timer_slack !== undefined) call.prctl(PR.SET_TIMERSLACK, timer_slack, 0, 0, 0);
        if (machine_check !== undefined) call.prctl(PR.MCE_KILL, PR_MCE_KILL.SET, machine_check, 0, 0);
        if (io_flusher === true) call.prctl(PR.SET_IO_FLUSHER, 1, 0, 0, 0).hint(giveCapability("CAP_SYS_RESOURCE"));
        if (tsc !== undefined) call.prctl(PR.SET_TSC, tsc, 0, 0, 0);
      });
    },
  });
}
