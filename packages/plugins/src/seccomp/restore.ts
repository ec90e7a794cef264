import {
  addressOf,
  data,
  definePlugin,
  type Plan,
  type Plugin,
  RestoreError,
  type StageContext,
  struct,
  type Thread,
} from "@restage/core";
import { type SeccompFilter, seccompMode } from "@restage/images";
import { PR, SECCOMP_MODE, SECCOMP_SET_MODE, SOCK_FILTER_SIZE } from "@restage/linux/abi";

/**
 * RESTORE_CREDS: seccomp, of each thread. Before credentials, since a filter without no_new_privs needs CAP_SYS_ADMIN. That the restore's
 * own last calls pass is due to PTRACE_O_SUSPEND_SECCOMP, which every task of such a tree has from its birth; it ends when the task is
 * let go.
 */
export function seccomp(): Plugin {
  return definePlugin({
    name: "seccomp",
    duty: "seccomp",
    stages: { RESTORE_CREDS: "seccomp modes and filters, before credentials" },
    apply({ plan, stages }) {
      let context: StageContext | undefined;
      plan.tap("seccomp", checkFilters);
      stages.RESTORE_CREDS.enter.tap("seccomp", (stage) => {
        context = stage;
      });
      stages.RESTORE_CREDS.thread.tap("seccomp", (thread) => {
        const mode = thread.state.seccomp_mode ?? seccompMode.disabled;
        if (mode === seccompMode.strict) thread.call.prctl(PR.SET_SECCOMP, SECCOMP_MODE.STRICT, 0, 0, 0);
        if (mode !== seccompMode.filter || context === undefined) return;
        const all = context.images.optional("seccomp")?.seccomp_filters ?? [];
        for (const { filter, flags } of filtersOf(thread, all)) {
          const program = struct([4, filter.length / SOCK_FILTER_SIZE], [4, 0], [8, addressOf(data(filter))]);
          thread.call.seccomp(SECCOMP_SET_MODE.FILTER, flags, program);
        }
      });
    },
  });
}

/** A thread names its oldest filter; `prev` of each leads to the next newer one. Installed in this order. */
function filtersOf(thread: Thread, all: readonly SeccompFilter[]): readonly SeccompFilter[] {
  const filters: SeccompFilter[] = [];
  for (let index = thread.state.seccomp_filter; index !== undefined; index = all[index]?.prev) {
    const filter = all[index];
    if (filter === undefined || filters.includes(filter)) {
      throw new RestoreError(
        "ERR_IMAGE",
        `The seccomp filters of ${thread.name} lead to ${index}, which is none of the ${all.length} there are`,
        {
          pid: thread.task.pid,
          tid: thread.tid,
          entry: "seccomp.img",
        },
      );
    }
    filters.push(filter);
  }
  return filters;
}

function checkFilters(plan: Plan): void {
  const all = plan.images.optional("seccomp")?.seccomp_filters ?? [];
  for (const task of plan.survivors) {
    if ((task.core.tc?.old_seccomp_mode ?? seccompMode.disabled) !== seccompMode.disabled) {
      const why = "its seccomp mode stands where only CRIU before 3.11 wrote it, which is not restored";
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
