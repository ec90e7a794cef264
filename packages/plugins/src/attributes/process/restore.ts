import { definePlugin, giveCapability, type Host, type Plan, type Plugin, type Task } from "@restage/core";
import { O, PR } from "@restage/linux/abi";
import { keepProc, type Location } from "../../files/location.ts";
import { hasOwnCapability } from "../../own-status.ts";

/** The loginuid of a process outside of any login session: (uid_t) -1. */
const NO_LOGINUID = 0xffff_ffff;

/** The attributes of this process, which tasks inherit. */
interface Inherited {
  readonly oomScoreAdj: number | undefined;
  readonly loginuid: number | undefined;
}

/** RESTORE: sets oom_score_adj, loginuid, coredump_filter and membarrier registrations. RESTORE_SIGCHLD: child subreaper. */
export function processAttributes(): Plugin {
  return definePlugin({
    name: "process-attributes",
    duty: "process-attributes",
    stages: {
      RESTORE: "sets oom_score_adj, loginuid, coredump_filter and membarrier registrations",
      RESTORE_SIGCHLD: "sets the child subreaper attribute",
    },
    apply({ plan, stages }) {
      let written: ReadonlyMap<Task, readonly Attribute[]> = new Map();
      plan.tap("process-attributes", (plan) => {
        const inherited = readInherited(plan.host);
        warnOfLower(plan, inherited);
        written = findWritten(plan, inherited);
      });
      stages.RESTORE.task.tap("process-attributes", (task) => {
        if (!task.survives) return;
        for (const attribute of written.get(task) ?? []) write(task, attribute);
        const { membarrier_registration_mask: membarrier = 0 } = task.core.tc ?? {};
        for (let bit = 0; bit < 32; bit++) if ((membarrier & (1 << bit)) !== 0) task.call.membarrier(1 << bit, 0, 0);
      });
      // After helpers have exited: their children must go to the tasks that the plan has chosen.
      stages.RESTORE_SIGCHLD.task.tap("process-attributes", (task) => {
        if (task.core.tc?.child_subreaper === true) task.call.prctl(PR.SET_CHILD_SUBREAPER, 1, 0, 0, 0);
      });
    },
  });
}

/** A file in /proc/self that a task writes. */
interface Attribute {
  readonly name: "oom_score_adj" | "loginuid" | "coredump_filter";
  readonly location: Location;
  readonly value: number;
}

/** The attributes that a task does not inherit from this process. */
function findWritten(plan: Plan, { oomScoreAdj, loginuid }: Inherited): ReadonlyMap<Task, readonly Attribute[]> {
  const attribute = (name: Attribute["name"], value: number): Attribute => {
    return { name, location: keepProc(plan)(`self/${name}`), value };
  };
  const found = new Map<Task, readonly Attribute[]>();
  for (const task of plan.survivors) {
    const { oom_score_adj: score, loginuid: user = NO_LOGINUID } = task.core.tc ?? {};
    const written: Attribute[] = [];
    if (score !== undefined && score !== oomScoreAdj) written.push(attribute("oom_score_adj", score));
    if (user !== NO_LOGINUID && user !== loginuid) written.push(attribute("loginuid", user));
    const filter = plan.images.own.task(task.pid)?.coredump_filter;
    if (filter !== undefined) written.push(attribute("coredump_filter", filter));
    if (written.length > 0) found.set(task, written);
  }
  return found;
}

function write(task: Task, { name, location, value }: Attribute): void {
  const file = task.call.openat(...location, O.WRONLY | O.CLOEXEC, 0);
  const text = new TextEncoder().encode(String(value));
  const written = task.call.write(file, text, text.length);
  // A lower score requires CAP_SYS_RESOURCE; the plan has warned of it.
  if (name === "oom_score_adj") written.allow("EACCES");
  else if (name === "loginuid") written.hint(giveCapability("CAP_AUDIT_CONTROL"));
  task.call.close(file);
}

function warnOfLower(plan: Plan, { oomScoreAdj }: Inherited): void {
  if (oomScoreAdj === undefined || hasOwnCapability(plan.host, "CAP_SYS_RESOURCE") === true) return;
  for (const task of plan.survivors) {
    const recorded = task.core.tc?.oom_score_adj;
    if (recorded === undefined || recorded >= oomScoreAdj) continue;
    plan.lacks("CAP_SYS_RESOURCE", "warning", `oom_score_adj becomes ${oomScoreAdj}, not ${recorded}`);
  }
}

function readInherited(host: Host): Inherited {
  const number = (path: string) => {
    const text = host.readText(path);
    return text === undefined ? undefined : Number(text);
  };
  return { oomScoreAdj: number("/proc/self/oom_score_adj"), loginuid: number("/proc/self/loginuid") };
}
