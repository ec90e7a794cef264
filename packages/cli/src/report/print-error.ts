import type { RestoreError } from "@restage/core";
import { print } from "./print.ts";
import { coloursFor } from "./terminal.ts";

/** Says what failed, with all that is known: on standard error, or as the event that `--json` ends with. */
export function printError(error: RestoreError, json: boolean): void {
  if (json) print(`${JSON.stringify({ kind: "failed", error: error.toJSON(), left: [] })}\n`);
  else process.stderr.write(`${painted(error)}\n`);
}

function painted(error: RestoreError): string {
  const { red, yellow } = coloursFor(2);
  return error
    .describe()
    .replace(/^(\s*)(ERR_\w+)/gm, (_all, indent, code) => indent + red(code))
    .replace(/^(\s*)(hint:?)/gm, (_all, indent, word) => indent + yellow(word));
}
