import { definePlugin, type Plan, type Plugin } from "@restage/core";
import type { PidfdEntry } from "@restage/images";
import { PIDFD } from "@restage/linux/abi";
import { freePid } from "../../forking/free-pid.ts";
import { GONE } from "./format.ts";

/**
 * RESTORE: opens pidfds. For a process that had ended, the pidfd is that of a helper, which has ended when the tree runs. All pidfds of one ended
 * process share a helper.
 */
export function pidfds(): Plugin {
  return definePlugin({
    name: "pidfds",
    duty: "pidfds",
    needs: ["zombies-helpers"],
    stages: { RESTORE: "opens pidfds" },
    apply({ plan, openFile }) {
      /** Pids of helpers, by the inodes of the ended processes that they replace. */
      const standIns = new Map<number, number>();
      plan.tap("pidfds", (plan) => {
        for (const { pidfd } of plan.images.files.values()) {
          if (pidfd === undefined) continue;
          checkPidfd(plan, pidfd);
          if (pidfd.nspid === GONE && !standIns.has(pidfd.ino)) standIns.set(pidfd.ino, addStandIn(plan));
        }
      });
      openFile.for("PIDFD").tap("pidfds", ({ task, entry: { pidfd } }) => {
        if (pidfd === undefined) return undefined;
        const pid = pidfd.nspid === GONE ? (standIns.get(pidfd.ino) ?? GONE) : pidfd.nspid;
        return task.call.pidfd_open(pid, pidfd.flags & PIDFD.NONBLOCK);
      });
    },
  });
}

function addStandIn(plan: Plan): number {
  const { root } = plan.tree;
  const pid = freePid(plan);
  plan.tree.addHelper({ pid, sid: root.sid, pgid: root.pgid }, root);
  return pid;
}

function checkPidfd(plan: Plan, { nspid, flags }: PidfdEntry): void {
  const what = `pidfd of process ${nspid}`;
  if (nspid !== GONE && plan.tree.byPid(nspid) === undefined)
    plan.refuse({ what, why: "the process is not in the checkpoint" });
  if ((flags & PIDFD.THREAD) !== 0) plan.refuse({ what, why: "it refers to a thread (PIDFD_THREAD)" });
}
