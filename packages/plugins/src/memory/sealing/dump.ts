import { definePlugin, type Plugin } from "@restage/core";

/** The flag of a sealed mapping in smaps. Source: fs/proc/task_mmu.c. */
const SEALED = "sl";

/** Parts of memory whose protection cannot be changed any more (mseal(2)): in restage.img. The kernel seals the vdso by itself. */
export function sealing(): Plugin {
  return definePlugin({
    name: "sealing",
    duty: "sealing",
    phases: { collect: "saves which mappings are sealed" },
    dump({ phases }) {
      phases.collect.task.tap("sealing", (task, { own }) => {
        const sealed = task.mappings.filter(({ flags, name }) => flags.has(SEALED) && !BY_KERNEL.includes(name));
        if (sealed.length > 0) own.task(task.pid).sealed = sealed.map(({ start, end }) => ({ start, end }));
      });
    },
  });
}

const BY_KERNEL: readonly string[] = ["[vdso]", "[vvar]", "[vvar_vclock]", "[vsyscall]", "[uprobes]"];
