import { definePlugin, type Plan, type Plugin } from "@restage/core";
import type { PidfdEntry } from "@restage/images";
import { PIDFD } from "@restage/linux/abi";
import { freePid } from "../../forking/free-pid.ts";

/** In place of a pid: the process was gone at the checkpoint. Source: CRIU images/pidfd.proto. */
const GONE = -1;

/**
 * RESTORE: descriptors of processes (pidfd_open). Of a process that was gone they are of a helper, which is gone too when the tree runs; those of
 * one process are of one helper.
 */
export function pidfds(): Plugin {
  return definePlugin({
    name: "pidfds",
    duty: "pidfds",
    needs: ["zombies-helpers"],
    stages: { RESTORE: "opens pidfds" },
    apply({ plan, openFile }) {
      /** Pids of helpers by the inodes of the processes that they stand for. */
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
    plan.refuse({ what, why: "that process is no part of the checkpoint" });
  if ((flags & PIDFD.THREAD) !== 0) plan.refuse({ what, why: "it is one of a thread (PIDFD_THREAD)" });
}
