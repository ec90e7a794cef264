import type { Plan, Task } from "@restage/core";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";

/** The session and process group that the root task inherits from the restoring process. In another pid namespace they are 0. */
export interface OutsideIds {
  readonly sid: number;
  readonly pgid: number;
}

/**
 * Puts a shell job into the session of this process (--shell-job). It was in the session of a shell, and all of it may have been in the shell's process
 * group; in that case it joins the group of this process. A root task that led a group leads it again. Source: CRIU criu/pstree.c.
 */
export function takeOverSession(plan: Plan): OutsideIds | undefined {
  const { root, tasks } = plan.tree;
  const { sid, pgid } = root;
  if (sid === root.pid) return undefined;
  if (!plan.options.shellJob) {
    plan.refuse({
      what: root.name,
      why: `it does not lead its session (${sid}): it was a shell job`,
      hint: "restore it as a job of your shell, with --shell-job (shellJob)",
      remedy: "options",
      pid: root.pid,
    });
    return undefined;
  }
  const here = idsOfThisProcess(plan);
  for (const task of tasks) {
    checkFree(plan, task, here, root);
    if (task.sid === sid) task.sid = here.sid;
    if (task.pgid === pgid && pgid !== root.pid) task.pgid = here.pgid;
    else if (task.pgid === sid) task.pgid = here.sid;
  }
  for (const task of tasks) checkInheritance(plan, task);
  return here;
}

function idsOfThisProcess({ images, tree, host, init }: Plan): OutsideIds {
  if (init !== undefined || hasOwnNamespace(images, tree.root, "pid")) return { sid: 0, pgid: 0 };
  return { sid: host.call.getsid(0).result, pgid: host.call.getpgid(0).result };
}

/** Refuses a task whose number happens to be that of this process's session or group: the two could not be told apart. */
function checkFree(plan: Plan, task: Task, here: OutsideIds, root: Task): void {
  const theirs = [task.sid, task.pgid, ...task.threads.map(({ tid }) => tid)];
  for (const id of new Set([here.sid, here.pgid])) {
    if (id === 0 || id === root.sid || id === root.pgid || !theirs.includes(id)) continue;
    plan.refuse({
      what: task.name,
      why: `its pid, session or process group is ${id}, which is also the session or process group of this process`,
      hint: "restore it from another terminal",
      remedy: "machine",
      pid: task.pid,
    });
  }
}

/** A process group outside the pid namespace has no number in it, so a task can only inherit it. */
function checkInheritance(plan: Plan, { name, pid, pgid, forker }: Task): void {
  if (pgid !== 0 || forker === undefined || forker.pgid === 0) return;
  const why = "it is in a process group outside its pid namespace, but its parent is not";
  plan.refuse({ what: name, why, pid });
}
