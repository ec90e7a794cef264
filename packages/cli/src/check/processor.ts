import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asRestoreError, type CpuCapability, RestoreError } from "@restage/core";
import { CPU_CAPABILITIES } from "@restage/core/internal";
import { type CpuinfoX86Entry, decodeSingleEntry, encodeEntries } from "@restage/images";
import type { LinuxKernel } from "@restage/linux";
import { describeProcessor, processorDifferences } from "@restage/plugins";
import { writeOwnFile } from "../own-file.ts";

const FILE = "cpuinfo.img";

/** Writes cpuinfo.img: a description of this processor. */
export function saveProcessor(kernel: LinuxKernel, images: string): void {
  const entry = { x86_entry: [thisProcessor(kernel)], ppc64_entry: [], s390_entry: [] };
  writeOwnFile(join(images, FILE), encodeEntries("cpuinfo", [{ value: entry }]));
}

/** What is compared by default. Source: criu(8), "--cpu-cap". */
const DEFAULT: readonly CpuCapability[] = ["fpu", "ins"];

/** Compares this processor with that of cpuinfo.img; completely if the list is empty, as CRIU does. Throws ERR_REFUSED if programs of the other processor could fail here. */
export function checkProcessor(kernel: LinuxKernel, images: string, asked = DEFAULT): void {
  const compared = asked.length === 0 ? CPU_CAPABILITIES : asked;
  const found = [...processorDifferences(savedProcessor(images), thisProcessor(kernel), compared)];
  if (found.length === 0) return;
  const hint = "use a machine with a compatible processor, or compare less: --cpu-cap=fpu, ins or cpu";
  throw new RestoreError("ERR_REFUSED", `This processor cannot run the checkpoint: ${found.join("; ")}`, { hint });
}

function savedProcessor(images: string): CpuinfoX86Entry | undefined {
  try {
    const { value } = decodeSingleEntry("cpuinfo", readFileSync(join(images, FILE)), FILE);
    return value.x86_entry[0];
  } catch (thrown) {
    throw asRestoreError(thrown, { hint: "`restage cpuinfo dump` writes this image" });
  }
}

function thisProcessor({ host }: LinuxKernel): CpuinfoX86Entry {
  const processor = describeProcessor((leaf, subleaf) => host.cpuid(leaf, subleaf));
  if (processor !== undefined) return processor;
  throw new RestoreError("ERR_REFUSED", "Cannot describe this processor: its vendor is neither Intel nor AMD");
}
