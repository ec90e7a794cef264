import { RestoreError } from "@restage/core";
import { runCommandLine } from "./command-line.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { printError, printErrorAsEvent } from "./report/print-error.ts";

async function main(words: readonly string[]): Promise<number> {
  try {
    return await runCommandLine(words);
  } catch (error) {
    if (error instanceof RestoreError) {
      if (words.includes("--json")) printErrorAsEvent(error);
      else printError(error);
      return exitCodeOf(error);
    }
    // A bug of the command itself: a report needs the stack.
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    return EXIT.FAILED;
  }
}

// Not awaited: the command is built as CommonJS, which has no top-level `await`.
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
