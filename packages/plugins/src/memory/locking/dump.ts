import { type Call, definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { ERRNO, MAP, MCL, MS_INVALIDATE, PAGE_SIZE, PR, PROT } from "@restage/linux/abi";
import { Answers } from "../../answers.ts";
import { room } from "../../room.ts";

/** The flag of MLOCK_ONFAULT mappings in smaps. Source: fs/proc/task_mmu.c. */
const ON_FAULT = "lf";

interface Asked {
  readonly page: Call;
  readonly synced: Call;
  readonly resident: ReturnType<typeof room>;
  readonly merges: Call;
}

/**
 * Whether a task locks the mappings that it will make (mlockall(MCL_FUTURE)). The kernel does not tell, so the task makes a mapping and removes it again:
 * a locked one refuses MS_INVALIDATE, and has its page at once unless pages are locked as they are touched. In restage.img.
 */
export function memoryLocking(): Plugin {
  return definePlugin({
    name: "memory-locking",
    duty: "memory-locking",
    phases: {
      query: "reads whether future mappings are locked and equal pages merged",
      collect:
        "saves whether future mappings are locked and equal pages merged, and which mappings are locked on fault",
    },
    dump({ phases }) {
      const answers = new Answers<SeizedTask, Asked>();
      phases.query.task.tap("memory-locking", (task) => {
        const { call } = task.leader;
        const resident = room(1);
        const page = call.mmap(0, PAGE_SIZE, PROT.READ, MAP.PRIVATE | MAP.ANONYMOUS, -1, 0);
        const synced = call.msync(page, PAGE_SIZE, MS_INVALIDATE);
        call.mincore(page, PAGE_SIZE, resident.data);
        call.munmap(page, PAGE_SIZE);
        answers.keep(task, { page, synced, resident, merges: call.prctl(PR.GET_MEMORY_MERGE, 0, 0, 0, 0) });
      });
      phases.collect.task.tap("memory-locking", (task, { own }) => {
        const asked = answers.of(task);
        const flags = lockingOf(asked);
        if (flags !== 0) own.task(task.pid).lock_future = flags;
        if (asked.merges.result > 0) own.task(task.pid).memory_merge = true;
        const onFault = task.mappings.filter(({ flags }) => flags.has(ON_FAULT));
        if (onFault.length > 0) own.task(task.pid).locked_on_fault = onFault.map(({ start, end }) => ({ start, end }));
      });
    },
  });
}

/** Flags of mlockall(2). A mapping beyond RLIMIT_MEMLOCK fails with EAGAIN only when it would be locked. */
function lockingOf({ page, synced, resident }: Asked): number {
  if (page.result === -ERRNO.EAGAIN) return MCL.FUTURE;
  if (synced.result !== -ERRNO.EBUSY) return 0;
  return (resident.view.getUint8(0) & 1) !== 0 ? MCL.FUTURE : MCL.FUTURE | MCL.ONFAULT;
}
