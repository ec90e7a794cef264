import { definePlugin, type Plugin } from "@restage/core";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";

/** How long init may take to reap zombies, in milliseconds. */
const REAPING = 5000;
const PAUSE = 20;

/**
 * Waits, before any task exists, until zombies with the tree's pids are reaped: after a checkpoint that killed the tree, its parent or init may still have
 * to wait for it. Does not wait for living processes.
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
