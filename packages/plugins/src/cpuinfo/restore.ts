import { definePlugin, type Plan, type Plugin } from "@restage/core";
import type { CpuinfoX86Entry } from "@restage/images";
import { CPU_FEATURES, type FeatureWord, FPU_FEATURES, XSAVE_LEAF } from "@restage/linux/abi";

/** Words of features in the images that CRIU has written since 3.0: before them there were fewer. */
const FEATURES_VERSION = 2;

/**
 * Compares this processor with that of the checkpoint, as far as it is asked to (--cpu-cap): programs have found out once what instructions there
 * are, and would die of those that are missing. Source: CRIU criu/arch/x86/cpu.c.
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
          refuse(
            plan,
            recorded === undefined ? "the checkpoint has no cpuinfo.img" : "cpuinfo.img is of an old version",
          );
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
  if (wanted.length > 0) refuse(plan, `it lacks ${wanted.join(", ")}, which that of the checkpoint had`);
  if (asked.has("fpu")) compareState(plan, recorded);
  if (!asked.has("cpu")) return;
  const differs = CPU_FEATURES.some((word) => recorded.capability[word.index] !== featuresOf(plan, word) >>> 0);
  if (differs)
    refuse(plan, `it is not one like that of the checkpoint (${recorded.model_id ?? "of an unknown model"})`);
}

/** What the kernel saves for a task that uses all there is: programs have made room for it. */
function compareState(plan: Plan, { xfeatures_mask = 0n, xsave_size, xsave_size_max }: CpuinfoX86Entry): void {
  const [low, size, most, high] = plan.host.cpuid(XSAVE_LEAF, 0) ?? [0, 0, 0, 0];
  const lost = xfeatures_mask & ~((BigInt(high) << 32n) | BigInt(low));
  if (lost !== 0n) refuse(plan, `it lacks components of the state that XSAVE saves: 0x${lost.toString(16)}`);
  if (xsave_size !== size) refuse(plan, `XSAVE takes ${size} bytes, and took ${xsave_size} at the checkpoint`);
  if (xsave_size_max !== most)
    refuse(plan, `XSAVE takes up to ${most} bytes, and took ${xsave_size_max} at the checkpoint`);
}

function featuresOf({ host }: Plan, { leaf, subleaf, register }: FeatureWord): number {
  return host.cpuid(leaf, subleaf)?.[register] ?? 0;
}

function refuse(plan: Plan, why: string): void {
  plan.refuse({
    what: "the processor",
    why,
    hint: "restore it on a machine whose processor has all that it had, or compare less of it (--cpu-cap=none, fpu, ins, cpu)",
  });
}
