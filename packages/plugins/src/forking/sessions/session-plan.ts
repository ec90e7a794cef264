import type { Plan, Task } from "@restage/core";
import { freePid } from "../free-pid.ts";
import type { OutsideIds } from "./shell-job.ts";

/** How the sessions and groups of a tree come about. */
export interface SessionPlan {
  /** Tasks that are forked before their forker takes its own session: they have the one that it was born in. */
  readonly bornBefore: ReadonlySet<Task>;
  /** Tasks to which the children of helpers go when these exit: subreapers until then. */
  readonly reapers: ReadonlySet<Task>;
}

/**
 * Decides who is forked by whom, and when. A session can only be inherited or be a task's own, so a task in a session that neither its
 * parent nor a forebear hands on is forked by a helper: a child of the session's leader, or the stand-in for a leader that is gone. It goes to its
 * recorded parent when the helper exits. A process group whose leader is gone has a stand-in too.
 */
export function planSessions(plan: Plan, outside: OutsideIds | undefined): SessionPlan {
  const { tree } = plan;
  const bornIn = new Map<Task, number>();
  const bornBefore = new Set<Task>();
  const reapers = new Set<Task>();

  /** Can a task be born in a session? If so, it will be. */
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

/** A helper in the task's session that forks it. */
function addSessionHelper(plan: Plan, task: Task, parent: Task): boolean {
  const { tree } = plan;
  const leader = tree.byPid(task.sid);
  if (leader === undefined) {
    tree.addHelper({ pid: task.sid, sid: task.sid, pgid: task.sid }, parent).forkInstead(task);
    return true;
  }
  const handsOver = leader.sid === leader.pid && isForebear(parent, leader);
  // Whoever ends in the restore anyway can have it as a child until then.
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
    why: `it is in session ${task.sid}, which it cannot have got from a task of this tree`,
    pid: task.pid,
  });
  return false;
}

/** A stand-in for a group leader that is gone, as a child of somebody in the same session. */
function addGroupHelper(plan: Plan, task: Task): void {
  const { tree } = plan;
  if (task.pgid === task.pid || tree.byPid(task.pgid) !== undefined) return;
  const parent = [task, task.parent].find((candidate) => candidate?.survives === true && candidate.sid === task.sid);
  if (parent === undefined) {
    const why = `it is in process group ${task.pgid}, whose leader is gone and which nobody who goes on can make again`;
    plan.refuse({ what: task.name, why, pid: task.pid });
    return;
  }
  tree.addHelper({ pid: task.pgid, sid: task.sid, pgid: task.pgid }, parent);
}

function isForebear(forebear: Task, task: Task): boolean {
  for (let at = task.parent; at !== undefined; at = at.parent) if (at === forebear) return true;
  return false;
}
