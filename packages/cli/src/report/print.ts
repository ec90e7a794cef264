let prepared = false;

/** Writes to standard output, which is opened only here: Bun takes longer to load streams than many restores take. */
export function print(text: string | Uint8Array): void {
  if (!prepared) {
    prepared = true;
    // A reader that closes the pipe early (`restage inspect | head`) is not a failure.
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit();
    });
  }
  process.stdout.write(text);
}

/** How long a reader of the output has, in milliseconds. */
const READER_LIMIT = 5000;

/** Ends this process with a code when what it has printed is written, whatever is still open. */
export function exit(code: number): void {
  process.exitCode = code;
  if (!prepared) process.exit();
  setTimeout(() => process.exit(), READER_LIMIT);
  process.stdout.write("", () => process.exit());
}
