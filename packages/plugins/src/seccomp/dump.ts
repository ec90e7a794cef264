import { definePlugin, type Plugin } from "@restage/core";
import { type SeccompFilter, seccompMode } from "@restage/images";
import { appendChain } from "./format.ts";

/** The seccomp mode and filters of every thread. Requires CAP_SYS_ADMIN. */
export function seccomp(): Plugin {
  return definePlugin({
    name: "seccomp",
    duty: "seccomp",
    phases: {
      collect: "saves the seccomp mode and filters of every thread",
      write: "writes seccomp.img, with all filters",
    },
    dump({ phases }) {
      const filters: SeccompFilter[] = [];
      const chains = new Map<string, number>();
      phases.collect.thread.tap("seccomp", (thread, { seizer }) => {
        const mode = Number(thread.status.get("Seccomp") ?? 0);
        thread.core.seccomp_mode = mode;
        if (mode !== seccompMode.filter) return;
        const chain = seizer.seccompFilters(thread.stopped);
        // The kernel gives filters no identity: equal chains within a process count as one.
        const key = `${thread.task.pid} ${chain.map(({ instructions, flags }) => `${flags}:${instructions}`).join(" ")}`;
        const oldest = chains.get(key) ?? appendChain(filters, chain);
        chains.set(key, oldest);
        thread.core.seccomp_filter = oldest;
      });
      phases.write.tree.tap("seccomp", (_tree, { images }) => {
        images.add("seccomp", undefined, { value: { seccomp_filters: filters } });
      });
    },
  });
}
