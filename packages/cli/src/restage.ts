#!/usr/bin/env node
import { RestoreError } from "@restage/core";
import { runCommandLine } from "./command-line.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { printError, printErrorAsEvent } from "./report/print-error.ts";

const words = process.argv.slice(2);
try {
  process.exitCode = await runCommandLine(words);
} catch (error) {
  if (error instanceof RestoreError) {
    if (words.includes("--json")) printErrorAsEvent(error);
    else printError(error);
    process.exitCode = exitCodeOf(error);
  } else {
    // A fault of the command's own: whoever reports it needs to say where it was.
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    process.exitCode = EXIT.FAILED;
  }
}
