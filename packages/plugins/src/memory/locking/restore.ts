import { definePlugin, type Plugin } from "@restage/core";
import { MLOCK_ONFAULT, PR } from "@restage/linux/abi";

/**
 * RESTORE_SIGCHLD: mappings whose pages are locked as they are touched (MLOCK_ONFAULT), which were mapped unlocked, and what holds for the mappings that a task will make: they are locked (mlockall(MCL_FUTURE)), or their equal pages are merged
 * (PR_SET_MEMORY_MERGE). Its memory is complete by then. From restage.img.
 */
export function memoryLocking(): Plugin {
  return definePlugin({
    name: "memory-locking",
    duty: "memory-locking",
    stages: { RESTORE_SIGCHLD: "locks mappings on fault and future mappings, merges equal pages" },
    apply({ stages }) {
      stages.RESTORE_SIGCHLD.task.tap("memory-locking", (task, { images }) => {
        const { lock_future, memory_merge, locked_on_fault = [] } = images.own.task(task.pid) ?? {};
        for (const { start, end } of locked_on_fault) task.call.mlock2(start, end - start, MLOCK_ONFAULT);
        if (lock_future !== undefined) task.call.mlockall(lock_future);
        if (memory_merge === true) task.call.prctl(PR.SET_MEMORY_MERGE, 1, 0, 0, 0);
      });
    },
  });
}
