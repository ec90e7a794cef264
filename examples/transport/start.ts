// Restores a pipeline through the library, with another transport: tasks take shared files with pidfd_getfd instead of
// receiving them through sockets.
//
//   npm run example transport
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RestoreListener, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins, transportPidfd } from "@restage/plugins";
import { inNewDirectory, restage, runExample, runs, startInBackground } from "../support.ts";

const PIPELINE = "while echo tick; do sleep 0.1; done | while read line; do echo $line; done >> log";

await runExample(() =>
  inNewDirectory(async (place) => {
    const log = join(place, "log");
    const images = join(place, "checkpoint");
    const lines = () => (existsSync(log) ? readFileSync(log, "utf8").split("\n").length - 1 : 0);
    const pid = startInBackground(place, "bash", "-c", PIPELINE);
    try {
      while (lines() < 5) await sleep(50);
      mkdirSync(images);
      await restage(place, "checkpoint", String(pid), "-D", "checkpoint");
      const before = lines();
      console.log(`Checkpointed and killed after ${before} lines.`);

      const calls = new Map<string, number>();
      const onEvent: RestoreListener = (event) => {
        if (event.kind !== "program") return;
        for (const step of event.steps)
          if (step.kind === "syscall") calls.set(step.name, (calls.get(step.name) ?? 0) + 1);
      };
      const kernel = await openKernel();
      const request = { images, detached: true, plugins: [transportPidfd()], onEvent };
      await restore(request, kernel, defaultPlugins());
      kernel.close();
      const count = (call: string) => calls.get(call) ?? 0;
      console.log(`Restored with ${count("pidfd_getfd")} calls of pidfd_getfd and ${count("recvmsg")} of recvmsg.`);
      while (lines() < before + 5) await sleep(50);
      console.log("It continues writing.");
    } finally {
      if (runs(pid)) process.kill(-pid, "SIGKILL");
    }
  }),
);
