import { definePlugin, type Plugin } from "@restage/core";
import { describeProcessor, processorDifferences } from "./processor.ts";

/**
 * Compares this processor with the one of the checkpoint, as far as --cpu-cap demands. A program that detected its instructions before the checkpoint
 * would die of one that is missing now. Source: CRIU criu/arch/x86/cpu.c.
 */
export function cpuinfo(): Plugin {
  return definePlugin({
    name: "cpuinfo",
    duty: "cpuinfo",
    apply({ plan }) {
      plan.tap("cpuinfo", (plan) => {
        const { cpuCap } = plan.options;
        if (cpuCap.length === 0) return;
        const here = describeProcessor((leaf, subleaf) => plan.host.cpuid(leaf, subleaf));
        if (here === undefined) return;
        const [recorded] = [...plan.images.values("cpuinfo")].flatMap(({ x86_entry }) => x86_entry);
        const hint =
          "restore on a machine with a compatible processor, or compare less: --cpu-cap=none, fpu, ins or cpu";
        for (const why of processorDifferences(recorded, here, cpuCap))
          plan.refuse({ what: "this processor", why, hint });
      });
    },
  });
}
