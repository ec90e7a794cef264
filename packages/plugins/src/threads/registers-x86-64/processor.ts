import { type Plan, RestoreError, type Task, type Thread } from "@restage/core";
import { userX86RegsMode } from "@restage/images";
import { ARCHITECTURE, FXSAVE_WORDS } from "./format.ts";

/** What a processor needs to restore state that was in use, by bit of xstate_bv. Source: Intel SDM volume 1, 13.1. */
const NEEDED = new Map<number, readonly [flag: string, name: string]>([
  [2, ["avx", "AVX"]],
  [3, ["mpx", "MPX"]],
  [4, ["mpx", "MPX"]],
  [5, ["avx512f", "AVX-512"]],
  [6, ["avx512f", "AVX-512"]],
  [7, ["avx512f", "AVX-512"]],
  [9, ["ospke", "protection keys"]],
]);

/** The tiles of AMX in xstate_bv. Images do not have them. */
const AMX = [17, 18] as const;

/** Refuses registers that do not come back, because after they are set nothing can be rolled back. */
export function checkProcessor(plan: Plan): void {
  const flags = /^flags\s*:\s*(.*)$/m.exec(plan.host.readText("/proc/cpuinfo") ?? "")?.[1]?.split(" ");
  for (const task of plan.survivors) {
    for (const thread of task.threads) {
      checkLength(task, thread);
      for (const why of obstaclesOf(thread, flags)) plan.refuse({ what: thread.name, why, pid: task.pid });
    }
  }
}

/** @param flags of this processor; undefined when nothing is known of it. */
function obstaclesOf({ core }: Thread, flags: readonly string[] | undefined): readonly string[] {
  const { mtype, thread_info: info } = core;
  if (mtype !== ARCHITECTURE || info === undefined)
    return [`it comes from an architecture other than x86_64 (mtype ${mtype})`];
  const { gpregs, fpregs } = info;
  const { xsave } = fpregs;
  const isInUse = (bit: number) => (((xsave?.xstate_bv ?? 0n) >> BigInt(bit)) & 1n) === 1n;
  const obstacles: string[] = [];
  if ((gpregs.mode ?? userX86RegsMode.NATIVE) !== userX86RegsMode.NATIVE)
    obstacles.push("it runs 32-bit code, which is not restored yet");
  else if (xsave?.cet !== undefined && xsave.cet.cet !== 0n)
    obstacles.push("it has a shadow stack (CET), which is not restored yet");
  if (AMX.some(isInUse)) obstacles.push("it uses tiles (AMX), which are not in the images");
  if (flags === undefined) return obstacles;
  const missing = [...NEEDED].filter(([bit, [flag]]) => isInUse(bit) && !flags.includes(flag));
  const names = new Set(missing.map(([, [, name]]) => name));
  return [...obstacles, ...[...names].map((name) => `it uses ${name}, which this processor does not have`)];
}

function checkLength({ pid }: Task, { tid, core }: Thread): void {
  for (const [field, most] of Object.entries(FXSAVE_WORDS) as [keyof typeof FXSAVE_WORDS, number][]) {
    const found = core.thread_info?.fpregs[field].length ?? 0;
    if (found <= most) continue;
    const entry = `core-${tid}.img`;
    const message = `Cannot read ${entry}: expected at most ${most} words of ${field}, found ${found}`;
    throw new RestoreError("ERR_IMAGE", message, { pid, tid, entry });
  }
}
