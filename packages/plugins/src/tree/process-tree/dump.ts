import { definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { taskState } from "@restage/images";
import { ARCHITECTURE } from "../../threads/registers-x86-64/format.ts";

/** The tree itself: pstree.img, and the core images that the other plugins have filled in. */
export function processTree(): Plugin {
  return definePlugin({
    name: "process-tree",
    duty: "process-tree",
    dump({ phases }) {
      phases.inspect.tree.tap("process-tree", ({ root }, { findings, options }) => {
        if (root.isZombie) findings.refuse({ what: root.name, why: "it has ended already", pid: root.pid });
        if (options.shellJob || (root.sid === root.pid && root.pgid === root.pid)) return;
        findings.refuse({
          what: root.name,
          why: `it is no leader of its session (${root.sid}) and group (${root.pgid})`,
          hint: "start it with setsid(1), or allow it with --shell-job",
          pid: root.pid,
        });
      });
      phases.write.tree.tap("process-tree", ({ tasks }, { images }) => {
        for (const task of tasks) {
          const { pid, ppid, pgid, sid } = task;
          const threads = task.isZombie ? [pid] : task.threads.map(({ tid }) => tid);
          images.add("pstree", undefined, { value: { pid, ppid, pgid, sid, threads } });
          if (task.isZombie) images.add("core", pid, { value: zombieCore(task) as never });
          for (const thread of task.threads) {
            const value = {
              mtype: ARCHITECTURE,
              thread_info: thread.info,
              thread_core: thread.core,
              ...(thread.isLeader ? { tc: task.core, ids: task.ids } : {}),
            };
            // Encoding checks that nothing is missing.
            images.add("core", thread.tid, { value: value as never });
          }
        }
      });
    },
  });
}

function zombieCore(task: SeizedTask) {
  const tc = {
    task_state: taskState.DEAD,
    exit_code: task.exitCode ?? 0,
    personality: 0,
    flags: 0,
    blk_sigset: 0n,
    comm: task.comm,
  };
  return { mtype: ARCHITECTURE, tc };
}
