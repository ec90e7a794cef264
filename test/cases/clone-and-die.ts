/**
 * Makes a template and a clone of it, prints the clone as JSON, and kills itself at the end of a stage of a second one.
 *
 * Arguments: the directory of the images; the stage.
 */
import { definePlugin, prepare, type RunStageName } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";

const [, , images = "", stage = ""] = process.argv;
const template = await prepare({ images, detached: true, newPidNamespace: true }, await openKernel(), defaultPlugins());
console.log(JSON.stringify(await template.restore()));
const dying = definePlugin({
  name: "dying",
  apply({ stages }) {
    stages[stage as RunStageName].leave.tap("dying", () => process.kill(process.pid, "SIGKILL"));
  },
});
await template.restore({ plugins: [dying] });
