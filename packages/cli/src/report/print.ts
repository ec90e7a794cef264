let prepared = false;

/** Writes to standard output. Not touched before: Bun takes longer to load streams than many restores take. */
export function print(text: string): void {
  if (!prepared) {
    prepared = true;
    // A reader that has seen enough (`restage inspect | head`) is no failure.
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit();
    });
  }
  process.stdout.write(text);
}
