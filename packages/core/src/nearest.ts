/** Shorter words are parts of names by chance. */
const LEAST = 4;

/** The name that was probably meant, or undefined if none is similar. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    const edits = editDistance(word.toLowerCase(), name.toLowerCase());
    if (edits >= least) continue;
    least = edits;
    best = name;
  }
  return best ?? onlyWith(word, names);
}

/** The only name with this word between its hyphens, or with its beginning: `--restore-detached` for `detach`. */
function onlyWith(word: string, names: readonly string[]): string | undefined {
  const part = word.toLowerCase().replace(/^-+/, "");
  if (part.length < LEAST) return undefined;
  const found = names.filter((name) => name.split("-").some((own) => own.toLowerCase().startsWith(part)));
  return found.length === 1 ? found[0] : undefined;
}

/**
 * A hint for a name that does not exist: the nearest one that does, or else all of them, unless there are too many to read.
 *
 * @param show how a name is written in the hint
 */
export function didYouMean(word: string, names: readonly string[], show = (name: string) => name): string | undefined {
  const close = nearest(word, names);
  if (close !== undefined) return `did you mean ${show(close)}?`;
  return names.length > 0 && names.length <= 30 ? `choose from ${names.map(show).join(", ")}` : undefined;
}

/** The Levenshtein distance of two words, computed row by row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
