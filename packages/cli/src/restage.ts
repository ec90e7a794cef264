import { RestoreError } from "@restage/core";
import { runCommandLine } from "./command-line.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { printError, printErrorAsEvent } from "./report/print-error.ts";
import { listenersFinished } from "./report/users-listener.ts";

/** Whether the words ask for debug messages, however far they could be read. */
function wantsStack(words: readonly string[]): boolean {
  return words.some((word) => /^-v(vvv+|[4-9])$/.test(word));
}

async function main(words: readonly string[]): Promise<number> {
  try {
    return await runCommandLine(words);
  } catch (error) {
    if (error instanceof RestoreError) {
      if (words.includes("--json")) printErrorAsEvent(error);
      else printError(error, { stack: wantsStack(words) });
      return exitCodeOf(error);
    }
    // A bug of the command itself: a report needs the stack.
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    return EXIT.FAILED;
  }
}

// Not awaited: the command is built as CommonJS, which has no top-level `await`. It ends although a plugin has left something open: a timer, a socket,
// a server. What `onEvent` still does is waited for.
main(process.argv.slice(2)).then(async (code) => {
  await listenersFinished();
  process.exit(code);
});
