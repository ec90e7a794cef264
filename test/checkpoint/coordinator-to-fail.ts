/**
 * Makes checkpoints that do not complete.
 *
 * Arguments: the pid; the directory of the images; `kill` or `throw`, with the hooks at which one attempt each ends, or `after`, with the times in
 * milliseconds after which one attempt each is killed.
 */
import { spawn } from "node:child_process";
import { type DumpHooks, definePlugin, dump } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultDumpPlugins } from "@restage/plugins/dump";

const [pid = "", images = "", how, ...whens] = process.argv.slice(2);

for (const when of whens) {
  const plugin = definePlugin({ name: "fault", duty: "fault", dump: (hooks) => failAt(hooks, when) });
  const kernel = await openKernel();
  if (how === "after") spawn("sh", ["-c", `sleep ${Number(when) / 1000}; kill -9 ${process.pid}`]);
  try {
    const request = { pid: Number(pid), images, tcpEstablished: true, fileLocks: true, leaveRunning: true };
    await dump({ ...request, plugins: how === "after" ? [] : [plugin] }, kernel, defaultDumpPlugins());
    console.log(`${when}: complete`);
  } catch (error) {
    console.log(`${when}: ${error instanceof Error ? error.message : error}`);
  } finally {
    kernel.close();
  }
}

function failAt(hooks: DumpHooks, when: string): void {
  const fail = (): undefined => {
    if (how === "kill") process.kill(process.pid, "SIGKILL");
    throw new Error("the fault");
  };
  if (when === "describeFile") hooks.describeFile.tap({ name: "fault", before: "regular-files" }, fail);
  if (when === "filesDescribed") hooks.filesDescribed.tap("fault", fail);
  const [phase, view] = when.split(".");
  if (phase !== "inspect" && phase !== "collect" && phase !== "write") return;
  // These taps come after those of the default plugins.
  if (view === "tree" || view === "task" || view === "thread") hooks.phases[phase][view].tap("fault", fail);
}
