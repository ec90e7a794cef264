import { isAtOrBelow } from "./chosen-files.ts";

/** New paths for old ones, and for everything below them. */
export class PathMap {
  /** Longest first. */
  readonly #moves: readonly (readonly [from: string, to: string])[];
  readonly #used = new Set<string>();

  constructor(paths: Readonly<Record<string, string>>) {
    this.#moves = Object.entries(paths)
      .map(([from, to]) => [checked(from, "a path"), checked(to, "a new path")] as const)
      .sort(([a], [b]) => b.length - a.length);
  }

  /** The paths that nothing had. */
  get unused(): readonly string[] {
    return this.#moves.map(([from]) => from).filter((from) => !this.#used.has(from));
  }

  /** The new path; the same if it does not move. */
  move(path: string): string {
    for (const [from, to] of this.#moves) {
      if (!isAtOrBelow(path, from)) continue;
      this.#used.add(from);
      return to + path.slice(from.length);
    }
    return path;
  }
}

function checked(path: string, what: string): string {
  const trimmed = String(path).replace(/\/+$/, "");
  if (trimmed.startsWith("/") && !/\/\.{0,2}(\/|$)/.test(trimmed)) return trimmed;
  const problem =
    trimmed === "" ? "the root directory cannot move" : `expected ${what} that is absolute and has no . or ..`;
  throw new RangeError(`Cannot remap ${path}: ${problem}`);
}
