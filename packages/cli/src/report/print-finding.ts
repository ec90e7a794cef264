import type { Finding } from "@restage/core";
import { findingWithHint } from "./finding-text.ts";
import { coloursFor } from "./terminal.ts";

/** A finding on one line, and its hint on the next. */
export function printFinding(finding: Finding): string {
  const { severity } = finding;
  const { red, yellow } = coloursFor(1);
  const paint = severity === "refused" ? red : yellow;
  return `${paint(severity)}: ${findingWithHint(finding)}`;
}
