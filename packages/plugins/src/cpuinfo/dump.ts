import { definePlugin, type Plugin } from "@restage/core";
import { describeProcessor } from "./processor.ts";

/** Saves the features of this processor on request (--cpu-cap), for a restore that compares them. */
export function cpuinfo(): Plugin {
  return definePlugin({
    name: "cpuinfo",
    duty: "cpuinfo",
    phases: { write: "saves the features of this processor, with --cpu-cap" },
    dump({ phases }) {
      phases.write.tree.tap("cpuinfo", (_tree, { host, images, options }) => {
        if (!options.cpuinfo) return;
        const processor = describeProcessor((leaf, subleaf) => host.cpuid(leaf, subleaf));
        if (processor !== undefined) images.add("cpuinfo", undefined, { value: { x86_entry: [processor] } });
      });
    },
  });
}
