import type { Plan, Task } from "@restage/core";
import { freePid } from "../free-pid.ts";
import type { OutsideIds } from "./shell-job.ts";

/** How the sessions and process groups of a tree are created. */
export interface SessionPlan {
  /** Tasks that must be forked before their forker starts its own session, because they are in the session that it was born in. */
  readonly bornBefore: ReadonlySet<Task>;
  /** Tasks that adopt the children of helpers when these exit; they are subreapers until then. */
  readonly reapers: ReadonlySet<Task>;
}

/**
 * Decides which task forks which, and when. A task can only inherit a session or start one. A task in a session that it cannot inherit from its parent
 * is forked by a helper: a child of the session's leader, or a stand-in for a leader that has ended. When the helper exits, the recorded parent adopts
 * the task. A process group whose leader has ended gets a stand-in too.
 */
export function planSessions(plan: Plan, outside: OutsideIds | undefined): SessionPlan {
  const { tree } = plan;
  const bornIn = new Map<Task, number>();
  const bornBefore = new Set<Task>();
  const reapers = new Set<Task>();

  /** Arranges that a task is born in a session. Returns whether that is possible. */
  function beBornIn(task: Task, sid: number): boolean {
    if (task.sid !== task.pid) return task.sid === sid;
    const known = bornIn.get(task);
    if (known !== undefined) return known === sid;
    const { forker } = task;
    if (forker === undefined) return false;
    if (forker.sid !== sid) {
      if (!beBornIn(forker, sid)) return false;
      bornBefore.add(task);
    }
    bornIn.set(task, sid);
    return true;
  }

  for (const task of [...tree.tasks]) {
    const { parent } = task;
    if (parent === undefined || task.sid === task.pid || task.sid === parent.sid) continue;
    if (beBornIn(parent, task.sid)) bornBefore.add(task);
    else if (addSessionHelper(plan, task, parent)) reapers.add(parent);
  }
  const isOutside = (pgid: number) => pgid === outside?.pgid || pgid === outside?.sid;
  for (const task of [...tree.tasks]) if (!isOutside(task.pgid)) addGroupHelper(plan, task);
  return { bornBefore, reapers };
}

/** A helper in the session of the task, which forks the task. */
function addSessionHelper(plan: Plan, task: Task, parent: Task): boolean {
  const { tree } = plan;
  const leader = tree.byPid(task.sid);
  if (leader === undefined) {
    tree.addHelper({ pid: task.sid, sid: task.sid, pgid: task.sid }, parent).forkInstead(task);
    return true;
  }
  const handsOver = leader.sid === leader.pid && isForebear(parent, leader);
  // A helper or zombie can be its parent until it exits.
  if (handsOver && !leader.survives) {
    leader.forkInstead(task);
    return true;
  }
  if (handsOver) {
    const pid = freePid(plan);
    tree.addHelper({ pid, sid: leader.sid, pgid: leader.pgid }, leader).forkInstead(task);
    return true;
  }
  plan.refuse({
    what: task.name,
    why: `it is in session ${task.sid}, which it cannot have inherited from a task of this tree`,
    pid: task.pid,
  });
  return false;
}

/** A stand-in for a group leader that has ended: the child of a task in the same session. */
function addGroupHelper(plan: Plan, task: Task): void {
  const { tree } = plan;
  if (task.pgid === task.pid || tree.byPid(task.pgid) !== undefined) return;
  const parent = [task, task.parent].find((candidate) => candidate?.survives === true && candidate.sid === task.sid);
  if (parent === undefined) {
    const why = `it is in process group ${task.pgid}, whose leader has ended and which no remaining task can create`;
    plan.refuse({ what: task.name, why, pid: task.pid });
    return;
  }
  tree.addHelper({ pid: task.pgid, sid: task.sid, pgid: task.pgid }, parent);
}

function isForebear(forebear: Task, task: Task): boolean {
  for (let at = task.parent; at !== undefined; at = at.parent) if (at === forebear) return true;
  return false;
}
