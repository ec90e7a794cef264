import { definePlugin, type Plugin } from "@restage/core";
import type { LazyRestore } from "./lazy-restore.ts";

/**
 * Memory whose pages come when they are touched, and in the background, from a daemon: Restage's or CRIU's. Each task makes a userfaultfd for its own
 * address space, which goes to the daemon. Nothing of this is loaded unless the option `lazyPages` is set.
 */
export function lazyPages(): Plugin {
  return definePlugin({
    name: "lazy-pages",
    duty: "lazy-pages",
    needs: ["private-memory"],
    stages: {
      RESTORE: "with --lazy-pages, tasks watch the memory whose pages come later, and the daemon learns of it",
      RESTORE_SIGCHLD: "with --lazy-pages, applies patches to pages that have to come for it",
    },
    apply({ plan, template, stages, commit, complete, abort }) {
      let lazy: LazyRestore | undefined;
      plan.tapPromise("lazy-pages", async (plan) => {
        if (plan.options.lazyPages === undefined) return;
        lazy = new (await import("./lazy-restore.ts")).LazyRestore(plan, plan.options.lazyPages);
      });
      template.tap("lazy-pages", () => lazy?.refuseTemplate());
      stages.RESTORE.enter.tap("lazy-pages", () => lazy?.connect());
      stages.RESTORE.task.tapPromise("lazy-pages", async (task) => lazy?.register(task));
      stages.RESTORE_SIGCHLD.task.tap("lazy-pages", (task) => lazy?.patch(task));
      commit.tap("lazy-pages", () => lazy?.finish());
      complete.tap("lazy-pages", () => lazy?.close());
      abort.tap("lazy-pages", () => lazy?.close());
    },
  });
}
