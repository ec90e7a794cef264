import { definePlugin, type Plugin, type Task } from "@restage/core";
import { encodeText } from "@restage/images";
import { PR, SIG, SIGSET_SIZE, signalBit } from "@restage/linux/abi";

/** struct kernel_sigaction with the default action. */
const DEFAULT_ACTION = { handler: 0n, flags: 0n, restorer: 0n, mask: 0n };

/**
 * RESTORE: zombies die with their recorded status, helpers exit. RESTORE_SIGCHLD: parents reap their helpers, and drop the SIGCHLD that the restore
 * itself has queued. Zombies remain until their parents wait for them.
 */
export function zombiesAndHelpers(): Plugin {
  return definePlugin({
    name: "zombies-helpers",
    duty: "zombies-helpers",
    stages: {
      RESTORE: "ends zombies with their recorded status, and ends helpers",
      RESTORE_SIGCHLD: "reaps helpers, and drops SIGCHLDs that the restore caused",
    },
    apply({ plan, stages }) {
      plan.tap("zombies-helpers", (plan) => {
        for (const { kind, parent, pid } of plan.tree.tasks) {
          if (kind !== "helper" || parent?.survives !== false) continue;
          plan.refuse({
            what: `helper ${pid}`,
            why: `its parent, ${parent.name}, ends during the restore and would reap it`,
            pid,
          });
        }
      });
      stages.RESTORE.task.tap("zombies-helpers", (task) => {
        if (task.kind === "helper") task.endsWith({ code: 0, signal: undefined });
        if (task.kind === "zombie") endZombie(task);
      });
      stages.RESTORE_SIGCHLD.task.tap("zombies-helpers", (task) => {
        if (task.children.every((child) => child.kind === "alive")) return;
        for (const child of task.children) {
          if (child.kind === "helper") task.call.wait4(child.pid, 0, 0, 0).expect(child.pid);
        }
        // The default action drops a pending SIGCHLD, even a blocked one. The recorded action is set later.
        task.call.rt_sigaction(SIG.CHLD, DEFAULT_ACTION, 0, SIGSET_SIZE);
        // A child that was stopped notifies its parent again when it is stopped again.
        if (task.children.some((child) => child.kind === "stopped")) dropLastChildSignal(task);
      });
    },
  });
}

/** `exit_code` is a raw wait status: the signal in the low 7 bits, or the exit code in the next 8. */
function endZombie(task: Task): void {
  const status = task.core.tc?.exit_code ?? 0;
  const signal = status & 0x7f;
  const name = new Uint8Array(16);
  name.set(encodeText(task.core.tc?.comm ?? "").subarray(0, 15));
  task.call.prctl(PR.SET_NAME, name, 0, 0, 0);
  // The recorded death must not write another core file.
  if (signal !== 0) task.call.prctl(PR.SET_DUMPABLE, 0, 0, 0, 0);
  task.endsWith({ code: (status >> 8) & 0xff, signal: signal === 0 ? undefined : signal });
}

function dropLastChildSignal(task: Task): void {
  const set = new Uint8Array(BigUint64Array.of(signalBit(SIG.CHLD)).buffer);
  const now = new Uint8Array(16);
  task.leader.callLast("rt_sigtimedwait", set, 0, now, SIGSET_SIZE).allow("EAGAIN");
}
