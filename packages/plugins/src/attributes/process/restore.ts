import { definePlugin, type Host, type Plugin } from "@restage/core";
import { PR } from "@restage/linux/abi";
import { hasOwnCapability } from "../../own-status.ts";

/** The loginuid of a process outside of any login session: (uid_t) -1. */
const NO_LOGINUID = 0xffff_ffff;

/** The attributes of this process, which tasks inherit. */
interface Inherited {
  readonly oomScoreAdj: number | undefined;
  readonly loginuid: number | undefined;
}

/**
 * RESTORE: oom_score_adj, loginuid, membarrier registrations. RESTORE_SIGCHLD: child subreaper. The personality stays that of this process, as with CRIU:
 * CRIU reads its hexadecimal text as a decimal number, so images cannot be relied on.
 */
export function processAttributes(): Plugin {
  return definePlugin({
    name: "process-attributes",
    duty: "process-attributes",
    stages: { RESTORE: "oom_score_adj, loginuid, membarrier registrations", RESTORE_SIGCHLD: "child subreaper" },
    apply({ plan, stages }) {
      let inherited: Inherited = { oomScoreAdj: undefined, loginuid: undefined };
      plan.tap("process-attributes", (plan) => {
        inherited = readInherited(plan.host);
        const { oomScoreAdj } = inherited;
        if (oomScoreAdj === undefined || hasOwnCapability(plan.host, "CAP_SYS_RESOURCE") === true) return;
        for (const task of plan.survivors) {
          const recorded = task.core.tc?.oom_score_adj;
          if (recorded === undefined || recorded >= oomScoreAdj) continue;
          plan.warn({
            what: "oom_score_adj",
            why: `${recorded} is below the ${oomScoreAdj} of this process, which requires CAP_SYS_RESOURCE`,
            pid: task.pid,
          });
        }
      });
      stages.RESTORE.task.tap("process-attributes", (task) => {
        const attributes = task.survives ? task.core.tc : undefined;
        if (attributes === undefined) return;
        const { oom_score_adj, loginuid, membarrier_registration_mask: membarrier = 0 } = attributes;
        if (oom_score_adj !== undefined && oom_score_adj !== inherited.oomScoreAdj) {
          task.writeFile("/proc/self/oom_score_adj", String(oom_score_adj)).allow("EACCES");
        }
        if (loginuid !== undefined && loginuid !== NO_LOGINUID && loginuid !== inherited.loginuid) {
          task
            .writeFile("/proc/self/loginuid", String(loginuid))
            .hint("changing the loginuid requires CAP_AUDIT_CONTROL");
        }
        for (let bit = 0; bit < 32; bit++) if ((membarrier & (1 << bit)) !== 0) task.call.membarrier(1 << bit, 0, 0);
      });
      // After helpers have exited: their children must go to the tasks that the plan has chosen.
      stages.RESTORE_SIGCHLD.task.tap("process-attributes", (task) => {
        if (task.core.tc?.child_subreaper === true) task.call.prctl(PR.SET_CHILD_SUBREAPER, 1, 0, 0, 0);
      });
    },
  });
}

function readInherited(host: Host): Inherited {
  const number = (path: string) => {
    const text = host.readText(path);
    return text === undefined ? undefined : Number(text);
  };
  return { oomScoreAdj: number("/proc/self/oom_score_adj"), loginuid: number("/proc/self/loginuid") };
}
