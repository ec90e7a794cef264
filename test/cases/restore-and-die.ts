/**
 * Stands in for a coordinator that is killed in the middle of a restore: all deleted files have names, and tasks are opening them.
 *
 * Argument: the directory of the images.
 */
import { definePlugin, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";

const dying = definePlugin({
  name: "dying",
  apply: ({ stages }) => stages.RESTORE.leave.tap("dying", () => process.kill(process.pid, "SIGKILL")),
});
const [, , images = ""] = process.argv;
// Before the others, which take the names away in RESTORE.leave.
await restore({ images, detached: true }, await openKernel(), [dying, ...defaultPlugins()]);
