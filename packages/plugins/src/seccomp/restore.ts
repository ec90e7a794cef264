import {
  addressOf,
  data,
  definePlugin,
  type Plan,
  type Plugin,
  RestoreError,
  struct,
  type Thread,
} from "@restage/core";
import { type SeccompFilter, seccompMode } from "@restage/images";
import { PR, SECCOMP_MODE, SECCOMP_SET_MODE, SOCK_FILTER_SIZE } from "@restage/linux/abi";
import { readChain } from "./format.ts";

/**
 * RESTORE_CREDS: seccomp mode and filters of each thread. They come before credentials, because a filter without no_new_privs requires
 * CAP_SYS_ADMIN. The last calls of the restore still pass: every task of such a tree has PTRACE_O_SUSPEND_SECCOMP from its birth until it resumes.
 */
export function seccomp(): Plugin {
  return definePlugin({
    name: "seccomp",
    duty: "seccomp",
    stages: { RESTORE_CREDS: "sets seccomp modes and filters, before credentials" },
    apply({ plan, stages }) {
      plan.tap("seccomp", checkFilters);
      stages.RESTORE_CREDS.thread.tap("seccomp", (thread, { images }) => {
        const mode = thread.state.seccomp_mode ?? seccompMode.disabled;
        if (mode === seccompMode.strict) thread.call.prctl(PR.SET_SECCOMP, SECCOMP_MODE.STRICT, 0, 0, 0);
        if (mode !== seccompMode.filter) return;
        const all = images.optional("seccomp")?.seccomp_filters ?? [];
        for (const { filter, flags } of filtersOf(thread, all)) {
          const program = struct([4, filter.length / SOCK_FILTER_SIZE], [4, 0], [8, addressOf(data(filter))]);
          thread.call.seccomp(SECCOMP_SET_MODE.FILTER, flags, program);
        }
      });
    },
  });
}

function filtersOf(thread: Thread, all: readonly SeccompFilter[]): readonly SeccompFilter[] {
  const { filters, brokenAt } = readChain(all, thread.state.seccomp_filter);
  if (brokenAt === undefined) return filters;
  const message = `Cannot read the seccomp filters of ${thread.name}: they lead to ${brokenAt}, and there are ${all.length}`;
  throw new RestoreError("ERR_IMAGE", message, { pid: thread.task.pid, tid: thread.tid, entry: "seccomp.img" });
}

function checkFilters(plan: Plan): void {
  const all = plan.images.optional("seccomp")?.seccomp_filters ?? [];
  for (const task of plan.survivors) {
    if ((task.core.tc?.old_seccomp_mode ?? seccompMode.disabled) !== seccompMode.disabled) {
      const why = "its seccomp mode is recorded per process, as only CRIU before 3.11 did; this is not restored";
      plan.refuse({ what: task.name, why, pid: task.pid });
    }
    for (const thread of task.threads) {
      if (thread.core.thread_core?.seccomp_mode !== seccompMode.filter) continue;
      if (thread.state.seccomp_filter === undefined) {
        plan.refuse({ what: thread.name, why: "it has seccomp filters, but does not name any", pid: task.pid });
      } else filtersOf(thread, all);
    }
  }
}
