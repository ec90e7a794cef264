import type { RestoreError } from "@restage/core";
import { print } from "./print.ts";
import { coloursFor } from "./terminal.ts";

/** Says on standard error what failed, with all that is known. */
export function printError(error: RestoreError): void {
  const { red, yellow } = coloursFor(2);
  const text = error
    .describe()
    .replace(/^(\s*)(ERR_\w+)/gm, `$1${red("$2")}`)
    .replace(/^(\s*)(hint:)/gm, `$1${yellow("$2")}`);
  process.stderr.write(`${text}\n`);
}

/** The same for `--json`, for failures of which no event has told: as that event. */
export function printErrorAsEvent(error: RestoreError): void {
  print(`${JSON.stringify({ kind: "failed", error: error.toJSON(), left: [] })}\n`);
}
