// Restores one checkpoint five times: each clone has its own pid namespace and its own port, and shares the memory that it does not write.
//
//   npm run example clones
import { prepare } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins, movePorts, perClone } from "@restage/plugins";
import { CHECKPOINT, cleanUp, PORT, place, visit } from "../server/place.ts";

place();
const clones: number[] = [];
const plugins = [perClone(({ number }) => movePorts({ [PORT]: PORT + number }))];
const request = { images: CHECKPOINT, detached: true, newPidNamespace: true, plugins };
const template = await prepare(request, await openKernel(), defaultPlugins());
try {
  for (let number = 1; number <= 5; number++) clones.push((await template.restore()).pid);
  for (let number = 1; number <= 5; number++) {
    for (let visitor = 1; visitor < number; visitor++) await visit(PORT + number);
    const [greeting] = (await visit(PORT + number)).split("\n");
    console.log(`clone ${number} on port ${PORT + number}: ${greeting}`);
  }
} finally {
  for (const pid of clones) process.kill(pid, "SIGKILL");
  await template.close();
  cleanUp();
}
