import { seccompMode } from "@restage/images";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";

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
export function seccomp(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "seccomp",
    duty: "seccomp",
    saves: [
      {
        group: "tasks",
        what: "seccomp",
        saved: "strict mode and filters, of each thread",
        shownBy: ["fixture seccomp", "case seccomp-kinds"],
      },
    ],
    apply({ collect, write }) {
      const filters: SavedFilter[] = [];
      const chains = new Map<string, number>();
      collect.thread.tap("seccomp", (thread, { freezer }) => {
        const mode = Number(thread.status.get("Seccomp") ?? 0);
        thread.core.seccomp_mode = mode;
        if (mode !== seccompMode.filter) return;
        const chain = freezer.seccompFilters(thread.frozen);
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
      write.tree.tap("seccomp", ({ images }) => {
        images.add("seccomp", undefined, { value: { seccomp_filters: filters } });
      });
    },
  });
}
