import { definePlugin, type Plan, type Plugin } from "@restage/core";
import type { CpuinfoX86Entry } from "@restage/images";
import { CPU_FEATURES, type FeatureWord, FPU_FEATURES, XSAVE_LEAF } from "@restage/linux/abi";

/** Words of features in images that CRIU 3.0 or newer wrote; older images have fewer. */
const FEATURES_VERSION = 2;

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
        if (plan.options.cpuCap.length === 0 || plan.host.cpuid(0, 0) === undefined) return;
        const [recorded] = [...plan.images.values("cpuinfo")].flatMap(({ x86_entry }) => x86_entry);
        if (recorded?.capability_ver === FEATURES_VERSION) compare(plan, recorded);
        else
          refuse(plan, recorded === undefined ? "the checkpoint has no cpuinfo.img" : "cpuinfo.img has an old format");
      });
    },
  });
}

function compare(plan: Plan, recorded: CpuinfoX86Entry): void {
  const asked = new Set(plan.options.cpuCap);
  const missing = CPU_FEATURES.flatMap((word) => {
    const lost = (recorded.capability[word.index] ?? 0) & ~featuresOf(plan, word);
    return Object.keys(word.instructions).filter((name) => (lost & (1 << (word.instructions[name] ?? 0))) !== 0);
  });
  const wanted = missing.filter((name) =>
    FPU_FEATURES.includes(name) ? asked.has("fpu") || asked.has("ins") : asked.has("ins"),
  );
  if (wanted.length > 0) refuse(plan, `it lacks ${wanted.join(", ")}, which the processor of the checkpoint had`);
  if (asked.has("fpu")) compareState(plan, recorded);
  if (!asked.has("cpu")) return;
  const differs = CPU_FEATURES.some((word) => recorded.capability[word.index] !== featuresOf(plan, word) >>> 0);
  if (differs) refuse(plan, `it is another model than that of the checkpoint (${recorded.model_id ?? "unknown"})`);
}

/** Compares the size of the XSAVE area: programs have allocated memory for it. */
function compareState(plan: Plan, { xfeatures_mask = 0n, xsave_size, xsave_size_max }: CpuinfoX86Entry): void {
  const [low, size, most, high] = plan.host.cpuid(XSAVE_LEAF, 0) ?? [0, 0, 0, 0];
  const lost = xfeatures_mask & ~((BigInt(high) << 32n) | BigInt(low));
  if (lost !== 0n)
    refuse(plan, `it lacks XSAVE components that the processor of the checkpoint had: 0x${lost.toString(16)}`);
  if (xsave_size !== size) refuse(plan, `its XSAVE area has ${size} bytes, but had ${xsave_size} at the checkpoint`);
  if (xsave_size_max !== most)
    refuse(plan, `its XSAVE area has at most ${most} bytes, but had ${xsave_size_max} at the checkpoint`);
}

function featuresOf({ host }: Plan, { leaf, subleaf, register }: FeatureWord): number {
  return host.cpuid(leaf, subleaf)?.[register] ?? 0;
}

function refuse(plan: Plan, why: string): void {
  plan.refuse({
    what: "this processor",
    why,
    hint: "restore on a machine with a compatible processor, or compare less: --cpu-cap=none, fpu, ins or cpu",
  });
}
