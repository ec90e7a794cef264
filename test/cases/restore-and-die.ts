/**
 * Runs a restore whose coordinator kills itself.
 *
 * Arguments: the directory of the images; `mountsReady`, or the stage at whose end it dies; further fields of the request, as JSON.
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
// The dying plugin comes first: default plugins remove temporary names at the end of a stage.
await restore({ images, detached: true, ...JSON.parse(request) }, await openKernel(), [dying, ...defaultPlugins()]);
