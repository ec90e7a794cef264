/** A value of JSON with integers of any size. */
export type Json = string | number | bigint | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Prints like Python's json.dump, with which scripts compare. @param indent spaces of each level; undefined for one line. */
export function printJson(value: Json, indent?: number, depth = 1): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null) return String(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const items = Array.isArray(value)
    ? value.map((item: Json) => printJson(item, indent, depth + 1))
    : Object.entries(value).map(([key, item]) => `${quoted(key)}: ${printJson(item as Json, indent, depth + 1)}`);
  if (items.length === 0) return `${open}${close}`;
  if (indent === undefined) return `${open}${items.join(", ")}${close}`;
  const [inner, outer] = [" ".repeat(indent * depth), " ".repeat(indent * (depth - 1))];
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${outer}${close}`;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Parses JSON. Integers that a number cannot hold become strings, which `crit` accepts for every integer. Throws a SyntaxError. */
export function parseJson(text: string): Json {
  return JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}/g, (token) => (token.startsWith('"') ? token : `"${token}"`)),
  ) as Json;
}
