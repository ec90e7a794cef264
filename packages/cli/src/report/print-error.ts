import type { RestoreError } from "@restage/core";
import { print } from "./print.ts";
import { coloursFor } from "./terminal.ts";

/**
 * Prints a failure on standard error, with everything that is known.
 *
 * @param stack whether that of what a plugin threw is printed too
 */
export function printError(error: RestoreError, { stack = false } = {}): void {
  const { red, yellow } = coloursFor(2);
  const text = error
    .describe({ stack })
    .replace(/^(\s*)(ERR_\w+)/gm, `$1${red("$2")}`)
    .replace(/^(\s*)(hint:)/gm, `$1${yellow("$2")}`);
  process.stderr.write(`${text}\n`);
}

/** Prints a failure for `--json`, as an event, if no event has reported it. */
export function printErrorAsEvent(error: RestoreError): void {
  print(`${JSON.stringify({ kind: "failed", error: error.toJSON(), left: [] })}\n`);
}
