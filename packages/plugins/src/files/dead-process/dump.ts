import { definePlugin, type Plugin } from "@restage/core";
import { addRemap } from "../remaps.ts";
import { DeadProcesses } from "./dead-processes.ts";

/** Saves the pids of dead processes whose files in /proc are open. */
export function deadProcesses(): Plugin {
  return definePlugin({
    name: "dead-processes",
    duty: "dead-processes",
    provides: [DeadProcesses],
    phases: { write: "saves the pids of dead processes whose files in /proc are open" },
    dump({ phases, provide }) {
      const dead = new Map<number, number>();
      provide(DeadProcesses, dead);
      phases.write.tree.tap("dead-processes", (_tree, { images }) => {
        for (const [pid, id] of dead) addRemap(images, { id, kind: "dead-process", source: pid });
      });
    },
  });
}
