import { definePlugin, type Plugin } from "@restage/core";
import { seccompMode } from "@restage/images";

/** A filter as it stands in seccomp.img. */
interface SavedFilter {
  readonly filter: Uint8Array;
  readonly flags: number;
  readonly prev?: number;
}

/**
 * Seccomp mode and filters of every thread. Filters of a thread stand in the image newest first, each but the first naming the one before it;
 * the thread names the last one, its oldest. Requires CAP_SYS_ADMIN.
 */
export function seccomp(): Plugin {
  return definePlugin({
    name: "seccomp",
    duty: "seccomp",
    dump({ phases }) {
      const filters: SavedFilter[] = [];
      const chains = new Map<string, number>();
      phases.collect.thread.tap("seccomp", (thread, { seizer }) => {
        const mode = Number(thread.status.get("Seccomp") ?? 0);
        thread.core.seccomp_mode = mode;
        if (mode !== seccompMode.filter) return;
        const chain = seizer.seccompFilters(thread.stopped);
        // Filters are not told apart by the kernel: equal chains of one process are one.
        const key = `${thread.task.pid} ${chain.map(({ instructions, flags }) => `${flags}:${instructions}`).join(" ")}`;
        let last = chains.get(key);
        if (last === undefined) {
          chain.forEach(({ instructions, flags }, index) => {
            const prev = index === 0 ? {} : { prev: filters.length - 1 };
            filters.push({ filter: instructions, flags, ...prev });
          });
          last = filters.length - 1;
          chains.set(key, last);
        }
        thread.core.seccomp_filter = last;
      });
      phases.write.tree.tap("seccomp", (_tree, { images }) => {
        images.add("seccomp", undefined, { value: { seccomp_filters: filters } });
      });
    },
  });
}
