import { type DumpContext, definePlugin, type Plugin, type SeizedThread } from "@restage/core";
import { ERRNO, errnoName, hasCapability, LANDLOCK_CREATE_RULESET_VERSION } from "@restage/linux/abi";

/**
 * Refuses threads in a Landlock domain: the rules of a domain cannot be read, so a restore could not confine the thread again. Only a thread that cannot gain
 * privileges, or that has CAP_SYS_ADMIN, can enter a domain; others are not asked.
 */
export function landlock(): Plugin {
  return definePlugin({
    name: "landlock",
    duty: "landlock",
    phases: {
      query: "finds threads in Landlock domains",
      collect: "refuses threads in Landlock domains",
    },
    dump({ phases }) {
      let isPresent = false;
      phases.query.tree.tap("landlock", (_tree, { host }) => {
        isPresent = host.attempt("landlock_create_ruleset", 0, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 0;
      });
      phases.query.thread.tap("landlock", (thread) => {
        if (isPresent && canBeConfined(thread)) thread.landlock = {};
      });
      phases.collect.thread.tap("landlock", refuseConfined);
    },
  });
}

function canBeConfined({ status }: SeizedThread): boolean {
  return status.get("NoNewPrivs") === "1" || hasCapability(BigInt(`0x${status.get("CapPrm") ?? "0"}`), "CAP_SYS_ADMIN");
}

function refuseConfined(thread: SeizedThread, { findings }: DumpContext): void {
  const { domains = 0 } = thread.landlock ?? {};
  if (domains === 0) return;
  if (domains === -ERRNO.EAGAIN) {
    const why =
      "no process can be made to find out whether it is in a Landlock domain: a limit of processes is reached";
    const hint = `raise the limit: prlimit --pid ${thread.task.hostPid} --nproc=NUMBER, or pids.max of its cgroup`;
    findings.lose("landlock", { what: thread.name, why, hint, pid: thread.task.pid });
    return;
  }
  const why =
    domains > 0
      ? "it is in a Landlock domain, whose rules cannot be read: a restore would not confine it"
      : `it may be in a Landlock domain, which it cannot determine (${errnoName(-domains)})`;
  findings.lose("landlock", { what: thread.name, why, pid: thread.task.pid });
}
