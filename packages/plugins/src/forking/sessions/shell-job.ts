import type { Plan, Task } from "@restage/core";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";

/** A session and a group from outside the tree, which the root task has from who restores it. In another pid namespace they are 0. */
export interface OutsideIds {
  readonly sid: number;
  readonly pgid: number;
}

/**
 * The job of a shell was in the shell's session, and the whole of it may have been in a group of the shell. Both are those of this process now
 * (--shell-job). A root task that leads a group leads it again. Source: CRIU criu/pstree.c.
 */
export function takeOverSession(plan: Plan): OutsideIds | undefined {
  const { root, tasks } = plan.tree;
  const { sid, pgid } = root;
  if (sid === root.pid) return undefined;
  if (!plan.options.shellJob) {
    plan.refuse({
      what: root.name,
      why: `it does not lead its session (${sid}): it was the job of a shell`,
      hint: "restore it as a job of the shell that you are in, with shellJob or --shell-job",
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

/** A task that had by chance the number of this session would be mixed up with it. */
function checkFree(plan: Plan, task: Task, here: OutsideIds, root: Task): void {
  const theirs = [task.sid, task.pgid, ...task.threads.map(({ tid }) => tid)];
  for (const id of new Set([here.sid, here.pgid])) {
    if (id === 0 || id === root.sid || id === root.pgid || !theirs.includes(id)) continue;
    plan.refuse({
      what: task.name,
      why: `its number, session or group is ${id}, which is that of the session or group of this process`,
      hint: "restore it from another terminal",
      pid: task.pid,
    });
  }
}

/** A group from outside its pid namespace has no number in it: it can only be inherited. */
function checkInheritance(plan: Plan, { name, pid, pgid, forker }: Task): void {
  if (pgid !== 0 || forker === undefined || forker.pgid === 0) return;
  const why = "it is in a group from outside its pid namespace, and its parent is not";
  plan.refuse({ what: name, why, pid });
}
