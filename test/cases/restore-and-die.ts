/**
 * Stands in for a coordinator that is killed in the middle of a restore.
 *
 * Arguments: the directory of the images; `mountsReady`, or the stage at whose end it dies; more of the request, as JSON.
 */
import { definePlugin, type RunStageName, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";

const [, , images = "", moment = "", request = "{}"] = process.argv;
const die = () => process.kill(process.pid, "SIGKILL");
const dying = definePlugin({
  name: "dying",
  apply({ stages, mountsReady }) {
    if (moment !== "mountsReady") return stages[moment as RunStageName].leave.tap("dying", die);
    mountsReady.tapPromise("dying", async (root) => {
      await root.flush();
      die();
    });
  },
});
// Before the others, which take names away at the ends of stages.
await restore({ images, detached: true, ...JSON.parse(request) }, await openKernel(), [dying, ...defaultPlugins()]);
