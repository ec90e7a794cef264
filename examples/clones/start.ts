// Restores one checkpoint five times at once: each copy has its own pid namespace and its own port.
//
//   npm run example clones
import { restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins, movePorts } from "@restage/plugins";
import { CHECKPOINT, cleanUp, PORT, place, visit } from "../server/place.ts";

place();
const clones: number[] = [];
try {
  for (let number = 1; number <= 5; number++) {
    const kernel = await openKernel();
    const plugins = [movePorts({ [PORT]: PORT + number })];
    const request = { images: CHECKPOINT, detached: true, newPidNamespace: true, plugins };
    const { pid } = await restore(request, kernel, defaultPlugins());
    kernel.close();
    clones.push(pid);
  }
  for (let number = 1; number <= 5; number++) {
    for (let visitor = 1; visitor < number; visitor++) await visit(PORT + number);
    const [greeting] = (await visit(PORT + number)).split("\n");
    console.log(`clone ${number} on port ${PORT + number}: ${greeting}`);
  }
} finally {
  for (const pid of clones) process.kill(pid, "SIGKILL");
  cleanUp();
}
