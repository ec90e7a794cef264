import type { RestoreError } from "@restage/core";

/** Writes an error to standard error: with all that is known, or as one line of JSON on standard output. */
export function printError(error: RestoreError, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify({ kind: "error", error: error.toJSON() })}\n`);
  else process.stderr.write(`${paint(error.describe())}\n`);
}

/** The code in red, hints in yellow, where a person reads them. */
function paint(text: string): string {
  if (process.stderr.isTTY !== true || process.env["NO_COLOR"] !== undefined) return text;
  return text.replace(/^(\s*)(ERR_\w+)/gm, "$1\x1b[31m$2\x1b[39m").replace(/^(\s*)(hint:)/gm, "$1\x1b[33m$2\x1b[39m");
}
