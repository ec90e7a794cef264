const WIDTH = 24;

/** A progress bar. */
export function bar(done: number, total: number): string {
  const filled = total === 0 ? WIDTH : Math.round((WIDTH * done) / total);
  return `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`;
}
