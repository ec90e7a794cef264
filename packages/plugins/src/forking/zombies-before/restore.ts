import { definePlugin, type Plugin } from "@restage/core";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";

/** How long init may take to reap what it has got, in milliseconds. */
const REAPING = 5000;
const PAUSE = 20;

/**
 * Before any task exists: a tree that was just checkpointed and killed may not be reaped yet, and has its pids still. Waits a while until its zombies
 * are gone; who is alive is not waited for.
 */
export function zombiesBefore(): Plugin {
  return definePlugin({
    name: "zombies-before",
    duty: "zombies-before",
    apply({ plan }) {
      plan.tapPromise("zombies-before", async ({ images, tree, host, init }) => {
        if (init !== undefined || hasOwnNamespace(images, tree.root, "pid")) return;
        const wanted = new Set(tree.tasks.flatMap(({ threads }) => threads.map(({ tid }) => tid)));
        const end = performance.now() + REAPING;
        while (host.findZombies(wanted).length > 0 && performance.now() < end) {
          await new Promise((resolve) => setTimeout(resolve, PAUSE));
        }
      });
    },
  });
}
