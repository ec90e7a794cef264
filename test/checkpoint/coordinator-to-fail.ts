/**
 * Makes a checkpoint that comes to no end.
 *
 * Arguments: the pid, the directory of the images, and `kill` or `throw` with names of hooks, at each of which one attempt ends; or `after` with
 * times in milliseconds after which one attempt is killed.
 */
import { spawn } from "node:child_process";
import { type CheckpointHooks, defineCheckpointPlugin, makeCheckpoint } from "@restage/checkpoint";
import { openKernel } from "@restage/linux";

const [pid = "", images = "", how, ...whens] = process.argv.slice(2);

for (const when of whens) {
  const plugin = defineCheckpointPlugin({ name: "fault", duty: "fault", apply: (hooks) => failAt(hooks, when) });
  const kernel = await openKernel();
  if (how === "after") spawn("sh", ["-c", `sleep ${Number(when) / 1000}; kill -9 ${process.pid}`]);
  try {
    const request = { pid: Number(pid), images, tcpEstablished: true, fileLocks: true, leaveRunning: true };
    await makeCheckpoint({ ...request, plugins: how === "after" ? [] : [plugin] }, kernel);
    console.log(`${when}: complete`);
  } catch (error) {
    console.log(`${when}: ${error instanceof Error ? error.message : error}`);
  } finally {
    kernel.close();
  }
}

function failAt(hooks: CheckpointHooks, when: string): void {
  const fail = (): undefined => {
    if (how === "kill") process.kill(process.pid, "SIGKILL");
    throw new Error("the fault");
  };
  if (when === "describeFile") hooks.describeFile.tap({ name: "fault", stage: -1 }, fail);
  if (when === "described") hooks.described.tap({ name: "fault", stage: 1 }, fail);
  const [phase, view] = when.split(".");
  if (phase !== "look" && phase !== "collect" && phase !== "write") return;
  // After all others.
  if (view === "tree" || view === "task" || view === "thread")
    hooks[phase][view].tap({ name: "fault", stage: 1 }, fail);
}
