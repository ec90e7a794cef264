/** Where a value is in a configuration: keys of objects and indexes of lists. */
export type ConfigPath = readonly (string | number)[];

/** A path as it would be written in code: `inheritFd["pipe:[7]"]`. */
export function printPath(path: ConfigPath): string {
  return path.reduce<string>((printed, step) => {
    if (typeof step === "number") return `${printed}[${step}]`;
    if (!/^[\w$]+$/.test(step)) return `${printed}[${JSON.stringify(step)}]`;
    return printed === "" ? step : `${printed}.${step}`;
  }, "");
}

/** Comments, strings, names and punctuation of JSON, JavaScript and TypeScript. */
const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|[\w$]+|[{}[\](),:]/g;
const COMMENT = /^\/[/*]/;

/** An open bracket. */
interface Open {
  readonly bracket: string;
  /** The current key or index inside it; undefined between keys, and in parentheses. */
  at: string | number | undefined;
}

/**
 * The line of a value in a configuration, from 1; undefined if the value is not written there, for example because it is computed. If there are several, the
 * least nested one.
 */
export function lineOf(text: string, path: ConfigPath): number | undefined {
  const tokens = [...text.matchAll(TOKEN)].filter(([token]) => !COMMENT.test(token));
  const open: Open[] = [];
  let found: { readonly depth: number; readonly index: number } | undefined;
  for (const [number, { 0: token, index }] of tokens.entries()) {
    const inner = open.at(-1);
    if (/^[}\])]$/.test(token)) open.pop();
    else if (token === ",") advance(inner);
    else {
      const next = tokens[number + 1]?.[0] ?? "";
      if (inner?.bracket === "{" && inner.at === undefined && /^[:,}(]$/.test(next)) inner.at = unquoted(token);
      const isThere =
        open.length >= path.length && path.every((step, i) => open[open.length - path.length + i]?.at === step);
      if (isThere && (found === undefined || open.length < found.depth)) found = { depth: open.length, index };
      if (/^[{[(]$/.test(token)) open.push({ bracket: token, at: token === "[" ? 0 : undefined });
    }
  }
  return found === undefined ? undefined : text.slice(0, found.index).split("\n").length;
}

function advance(inner: Open | undefined): void {
  if (inner === undefined) return;
  inner.at = typeof inner.at === "number" ? inner.at + 1 : undefined;
}

function unquoted(token: string): string {
  return /^["'`]/.test(token) ? token.slice(1, -1) : token;
}
