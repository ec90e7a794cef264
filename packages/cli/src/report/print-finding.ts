import type { Finding } from "@restage/core";
import { coloursFor } from "./terminal.ts";

/** A finding on one line, and its hint on the next. */
export function printFinding({ severity, what, why, hint, pid }: Finding): string {
  const { red, yellow } = coloursFor(1);
  const paint = severity === "refused" ? red : yellow;
  const task = pid === undefined || what === `task ${pid}` ? "" : ` (task ${pid})`;
  return `${paint(severity)}: ${what}${task}: ${why}${hint === undefined ? "" : `\n  hint: ${hint}`}`;
}
