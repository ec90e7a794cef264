import type { Plan } from "@restage/core";

/** What happens if the checkpoint does not have what a plugin is to change: most often a slip of the pen. */
export type IfMissing = "refuse" | "warn" | "accept";

/** Reports what the checkpoint does not have. */
export function reportMissing(plan: Plan, how: IfMissing, names: readonly string[], why: string): void {
  if (how === "accept") return;
  const hint = 'correct it, or accept its absence with `ifMissing: "accept"`';
  for (const what of names) plan[how]({ what, why, hint });
}
