import { definePlugin, type Host, type Plugin, type SeizedTask } from "@restage/core";
import { taskState } from "@restage/images";
import { SIG } from "@restage/linux/abi";
import { ARCHITECTURE } from "../../threads/registers-x86-64/format.ts";

/** The tree itself: pstree.img, the state of every task, and the core images that the other plugins have filled in. */
export function processTree(): Plugin {
  return definePlugin({
    name: "process-tree",
    duty: "process-tree",
    phases: {
      inspect: "refuses a root task that has ended, or that does not lead its session and group",
      collect: "saves state, flags and personality of every task",
      write: "writes pstree.img, and a core image for every thread and zombie",
    },
    dump({ phases }) {
      phases.inspect.tree.tap("process-tree", ({ root }, { findings, options }) => {
        const { name: what, pid, sid, pgid } = root;
        if (root.isZombie) findings.refuse({ what, why: "it has already ended", pid });
        if (options.shellJob || (sid === pid && pgid === pid)) return;
        const why = `it does not lead its session (${sid}) and its process group (${pgid})`;
        findings.refuse({ what, why, hint: "start it with setsid(1), or pass --shell-job", pid });
      });
      phases.collect.task.tap("process-tree", (task, { host, own }) => {
        const { stopSignal } = task.leader.stopped;
        const { flags, exitSignal } = task.details;
        if (task.parent !== undefined && exitSignal !== SIG.CHLD) own.task(task.pid).exit_signal = exitSignal;
        Object.assign(task.core, {
          task_state: stopSignal === undefined ? taskState.ALIVE : taskState.STOPPED,
          ...(stopSignal === undefined ? {} : { stop_signo: stopSignal }),
          exit_code: 0,
          flags: flags >>> 0,
          personality: personalityOf(host, task),
        });
      });
      phases.write.tree.tap("process-tree", ({ tasks }, { images }) => {
        for (const task of tasks) {
          const { pid, ppid, pgid, sid } = task;
          const threads = task.isZombie ? [pid] : task.threads.map(({ tid }) => tid);
          images.add("pstree", undefined, { value: { pid, ppid, pgid, sid, threads } });
          if (task.isZombie) images.add("core", pid, { value: zombieCore(task) });
          for (const thread of task.threads) {
            const value = {
              mtype: ARCHITECTURE,
              thread_info: thread.info,
              thread_core: thread.core,
              ...(thread.isLeader ? { tc: task.core, ids: task.ids } : {}),
            };
            // Encoding checks that nothing is missing.
            images.add("core", thread.tid, { value: value });
          }
        }
      });
    },
  });
}

/** CRIU reads the hexadecimal text of /proc as a decimal number; no restore uses it. */
function personalityOf(host: Host, { proc }: SeizedTask): number {
  return Number.parseInt(host.readText(`${proc}/personality`) ?? "0", 16) >>> 0;
}

function zombieCore({ exitCode = 0, comm }: SeizedTask) {
  const tc = { task_state: taskState.DEAD, exit_code: exitCode, personality: 0, flags: 0, blk_sigset: 0n, comm };
  return { mtype: ARCHITECTURE, tc };
}
