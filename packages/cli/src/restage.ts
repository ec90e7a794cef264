#!/usr/bin/env node
import { RestoreError } from "@restage/core";
import { CommanderError } from "commander";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { createProgram } from "./program.ts";
import { printError } from "./report/print-error.ts";

// A reader that has seen enough (`restage inspect | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.OK);
  throw error;
});

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

/** Says what failed, and gives the exit code. */
function report(error: unknown): number {
  // commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  if (!(error instanceof RestoreError)) throw error;
  printError(error, process.argv.includes("--json"));
  return exitCodeOf(error);
}
