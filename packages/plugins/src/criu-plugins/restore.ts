import { definePlugin, type Plugin } from "@restage/core";

/**
 * Refuses checkpoints for which CRIU used plugins, such as that for CUDA: what they saved outside the images, only they can restore. A plugin that restores
 * it claims the duty.
 */
export function criuPlugins(): Plugin {
  return definePlugin({
    name: "criu-plugins",
    duty: "criu-plugins",
    apply({ plan }) {
      plan.tap("criu-plugins", (plan) => {
        for (const name of plan.images.inventory.plugins_entry?.plugins ?? []) {
          const hint = 'restore what it saved with a plugin of your own that claims the duty "criu-plugins"';
          plan.refuse({
            what: `CRIU plugin ${name}`,
            why: "the checkpoint was made with it, and it is missing here",
            hint,
          });
        }
      });
    },
  });
}
