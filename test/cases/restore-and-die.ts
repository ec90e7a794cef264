/**
 * Stands in for a coordinator that is killed in the middle of a restore: all deleted files have names, and tasks are opening them.
 *
 * Arguments: the directory of the images; the root of a container with a link to the host.
 */
import { definePlugin, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";

const dying = definePlugin({
  name: "dying",
  apply: ({ stages }) => stages.RESTORE.leave.tap("dying", () => process.kill(process.pid, "SIGKILL")),
});
const [, , images = "", root] = process.argv;
const container = root === undefined ? {} : { root, external: ["veth[eth0]:uplink"] };
// Before the others, which take the names away in RESTORE.leave.
await restore({ images, detached: true, ...container }, await openKernel(), [dying, ...defaultPlugins()]);
