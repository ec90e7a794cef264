import type { Plan } from "@restage/core";
import { registersOf } from "../restore.ts";

/** What a processor must have for state that was in use, by the bit of it in xstate_bv. Source: Intel SDM volume 1, 13.1. */
const NEEDED = new Map<number, readonly [flag: string, name: string]>([
  [2, ["avx", "AVX"]],
  [3, ["mpx", "MPX"]],
  [4, ["mpx", "MPX"]],
  [5, ["avx512f", "AVX-512"]],
  [6, ["avx512f", "AVX-512"]],
  [7, ["avx512f", "AVX-512"]],
  [9, ["ospke", "protection keys"]],
]);

/** Tiles of AMX: in xstate_bv, but not in the images. */
const AMX = [17, 18] as const;

/** Refuses state that this processor does not have: when registers are set there is no way back. */
export function checkProcessor(plan: Plan): void {
  const flags = /^flags\s*:\s*(.*)$/m.exec(plan.host.readText("/proc/cpuinfo") ?? "")?.[1]?.split(" ");
  for (const task of plan.survivors) {
    for (const thread of task.threads) {
      const inUse = thread.core.thread_info === undefined ? 0n : (registersOf(thread).fpregs.xsave?.xstate_bv ?? 0n);
      const isInUse = (bit: number) => ((inUse >> BigInt(bit)) & 1n) === 1n;
      const refuse = (why: string) => plan.refuse({ what: thread.name, why, pid: task.pid });
      if (AMX.some(isInUse)) refuse("it uses tiles (AMX), which are not in the images");
      if (flags === undefined) continue;
      const missing = [...NEEDED].filter(([bit, [flag]]) => isInUse(bit) && !flags.includes(flag));
      const names = new Set(missing.map(([, [, name]]) => name));
      for (const name of names) refuse(`it uses ${name}, which this processor does not have`);
    }
  }
}
