import type { CpuCapability } from "@restage/core";
import type { CpuinfoX86Entry } from "@restage/images";
import {
  CPU_FEATURES,
  FEATURE_WORDS,
  FPU_FEATURES,
  LINUX_CPU_FEATURES,
  OTHER_CPU_FEATURES,
  XSAVE_FEATURES,
  XSAVE_LEAF,
} from "@restage/linux/abi";
import { cString } from "../c-string.ts";

/** Words of features in images that CRIU 3.0 or newer wrote; older images have fewer. */
const FEATURES_VERSION = 2;
/** Numbers of vendors in images. Source: CRIU images/cpuinfo.proto. */
const VENDORS: Readonly<Record<string, number>> = { GenuineIntel: 1, AuthenticAMD: 2, HygonGenuine: 2 };
const AMD = 2;
const EXTENDED = 0x8000_0000;
/** The leaves of CPUID with the name of the model. */
const NAME_LEAVES = [0x8000_0002, 0x8000_0003, 0x8000_0004];

/** Executes CPUID. Returns eax, ebx, ecx and edx; undefined on other architectures. */
export type Cpuid = (leaf: number, subleaf: number) => readonly [number, number, number, number] | undefined;

/** Describes this processor as CRIU's cpuinfo.img does; undefined for vendors that it does not know. Source: CRIU compel/arch/x86/src/lib/cpu.c. */
export function describeProcessor(cpuid: Cpuid): CpuinfoX86Entry | undefined {
  const ask = (leaf: number, subleaf = 0) => cpuid(leaf, subleaf) ?? ([0, 0, 0, 0] as const);
  const [last, ...name] = ask(0);
  const [first, second, third] = name;
  const vendor_id = VENDORS[text([first, third, second])];
  if (vendor_id === undefined) return undefined;
  const [signature] = ask(1);
  const family = (signature >> 8) & 0xf;
  const cpu_family = family === 0xf ? family + ((signature >> 20) & 0xff) : family;
  const model = ((signature >> 4) & 0xf) + (cpu_family >= 6 ? ((signature >> 16) & 0xf) << 4 : 0);
  const [lastExtended] = ask(EXTENDED);
  const has = (leaf: number) => leaf <= (leaf >= EXTENDED ? lastExtended >>> 0 : last);
  const capability = new Array<number>(FEATURE_WORDS).fill(0);
  for (const { index, leaf, subleaf, register } of [...CPU_FEATURES, ...OTHER_CPU_FEATURES])
    if (has(leaf)) capability[index] = ask(leaf, subleaf)[register] >>> 0;
  const { index, nopl, cpuid: hasCpuid, repGood } = LINUX_CPU_FEATURES;
  const isFast = vendor_id === AMD ? cpu_family >= 0x10 : cpu_family === 6;
  capability[index] = nopl | hasCpuid | (isFast ? repGood : 0);
  const state = ask(XSAVE_LEAF);
  return {
    vendor_id,
    cpu_family,
    model,
    stepping: signature & 0xf,
    capability_ver: FEATURES_VERSION,
    capability,
    ...(has(0x8000_0004) ? { model_id: text(NAME_LEAVES.flatMap((leaf) => ask(leaf))).trimStart() } : {}),
    xfeatures_mask: componentsOf(capability, state[0]),
    xsave_size: state[1] >>> 0,
    xsave_size_max: state[2] >>> 0,
  };
}

/** The components of XSAVE whose features the processor has. */
function componentsOf(capability: readonly number[], supported: number): bigint {
  const used = XSAVE_FEATURES.filter(([component, word, bit]) => {
    return (supported & (1 << component)) !== 0 && ((capability[word] ?? 0) & (1 << bit)) !== 0;
  });
  return used.reduce((mask, [component]) => mask | (1n << BigInt(component)), 0n);
}

/** The text in registers. */
function text(registers: readonly number[]): string {
  return cString(new Uint8Array(new Int32Array(registers).buffer));
}

/** Differences between two processors that could make programs fail, as far as the caller asks for them. */
export function* processorDifferences(
  recorded: CpuinfoX86Entry | undefined,
  here: CpuinfoX86Entry,
  asked: readonly CpuCapability[],
): Generator<string> {
  if (recorded === undefined) return yield "the checkpoint has no cpuinfo.img";
  if (recorded.capability_ver !== FEATURES_VERSION) return yield "cpuinfo.img has an old format";
  const missing = CPU_FEATURES.flatMap(({ index, instructions }) => {
    const lost = (recorded.capability[index] ?? 0) & ~(here.capability[index] ?? 0);
    return Object.keys(instructions).filter((name) => (lost & (1 << (instructions[name] ?? 0))) !== 0);
  });
  const wanted = missing.filter(
    (name) => asked.includes("ins") || (asked.includes("fpu") && FPU_FEATURES.includes(name)),
  );
  if (wanted.length > 0) yield `it lacks ${wanted.join(", ")}, which the processor of the checkpoint had`;
  if (asked.includes("fpu")) yield* differencesOfState(recorded, here);
  const isOther = recorded.capability.some((word, index) => word !== here.capability[index]);
  if (asked.includes("cpu") && isOther)
    yield `its model differs from that of the checkpoint (${recorded.model_id ?? "unknown"})`;
}

/** Compares the size of the XSAVE area: programs have allocated memory for it. */
function* differencesOfState(recorded: CpuinfoX86Entry, here: CpuinfoX86Entry): Generator<string> {
  const lost = (recorded.xfeatures_mask ?? 0n) & ~(here.xfeatures_mask ?? 0n);
  if (lost !== 0n) yield `it lacks XSAVE components that the processor of the checkpoint had: 0x${lost.toString(16)}`;
  const { xsave_size: size, xsave_size_max: most } = here;
  if (recorded.xsave_size !== size)
    yield `its XSAVE area has ${size} bytes, but had ${recorded.xsave_size} at the checkpoint`;
  if (recorded.xsave_size_max !== most)
    yield `its XSAVE area has at most ${most} bytes, but had ${recorded.xsave_size_max} at the checkpoint`;
}
