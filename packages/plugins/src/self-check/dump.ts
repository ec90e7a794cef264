import { definePlugin, type Plugin } from "@restage/core";
import { AddedPlugins } from "@restage/core/dump";

/**
 * Before a tree ends for its images, they are read back and their restore is planned. A finding fails the checkpoint, and the tree is left as it was.
 */
export function selfCheck(): Plugin {
  return definePlugin({
    name: "self-check",
    duty: "self-check",
    uses: [AddedPlugins],
    phases: { resume: "reads all images back, and plans their restore here" },
    dump({ imagesWritten, service }) {
      imagesWritten.tapPromise("self-check", async (_tree, context) => {
        const { selfCheck, pageServer } = context.options;
        // A page server does not show what it has.
        if (!selfCheck || pageServer !== undefined || context.host.kernel.recording) return;
        // Only now: a checkpoint needs no other code of restores.
        const { checkImages } = await import("./check-images.ts");
        await checkImages(context, service(AddedPlugins));
      });
    },
  });
}
