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
    // A fault of the command's own: whoever reports it needs to say where it was.
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    return EXIT.FAILED;
  }
}

// Not awaited: CommonJS, in which the command is built, has no `await` here.
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
