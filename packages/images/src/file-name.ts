/**
 * Names of image files (CRIU: criu/image-desc.c).
 *
 * @module
 */
import { ImageError } from "./image-error.ts";
import type { ImageKindName } from "./image-kinds.ts";
import { imageKinds } from "./image-kinds.ts";

/** The parts of the name of an image file. */
export interface ImageFileName {
  readonly kind: ImageKindName;
  /** The variable part: `1234` in `core-1234.img`. Undefined for kinds with a fixed name. */
  readonly suffix: string | undefined;
  /** The variable part as a number, hexadecimal or decimal as CRIU writes it. Undefined if it is not a number below 2⁵³. */
  readonly id: number | undefined;
}

interface Pattern {
  readonly kind: ImageKindName;
  readonly prefix: string;
  readonly conversion: string;
  readonly ending: string;
}

let fixed: Map<string, ImageKindName> | undefined;
let patterns: Map<string, Pattern> | undefined;

/** The kind of the image with this name. Undefined if no image has such a name. */
export function imageKindOf(fileName: string): ImageKindName | undefined {
  return parseImageFileName(fileName)?.kind;
}

/** Parses the name of an image file. Returns undefined if no image has such a name. */
export function parseImageFileName(fileName: string): ImageFileName | undefined {
  if (fixed === undefined || patterns === undefined) ({ fixed, patterns } = index());
  const single = fixed.get(fileName);
  if (single !== undefined) return { kind: single, suffix: undefined, id: undefined };
  const dash = fileName.lastIndexOf("-");
  if (dash === -1) return undefined;
  const pattern = patterns.get(fileName.slice(0, dash + 1));
  if (pattern === undefined || !fileName.endsWith(pattern.ending)) return undefined;
  const suffix = fileName.slice(dash + 1, fileName.length - pattern.ending.length);
  if (!isSuffix(suffix, pattern.conversion)) return undefined;
  if (pattern.conversion === "s") return { kind: pattern.kind, suffix, id: undefined };
  const id = Number.parseInt(suffix, pattern.conversion === "x" ? 16 : 10);
  return { kind: pattern.kind, suffix, id: Number.isSafeInteger(id) ? id : undefined };
}

/**
 * The name of an image file.
 *
 * @param id The variable part: a number, written hexadecimal or decimal as CRIU does, or a word (`dump` for `stats-dump`).
 * @throws {ImageError} `ERR_IMAGE_KIND` if the kind needs an id and none is given, or has no id and one is given.
 */
export function imageFileName(kind: ImageKindName, id?: number | bigint | string): string {
  const pattern = imageKinds[kind].fileName;
  const percent = pattern.indexOf("%");
  if ((percent === -1) !== (id === undefined)) {
    throw new ImageError(
      "ERR_IMAGE_KIND",
      `Cannot name an image of kind "${kind}": expected ${percent === -1 ? "no id" : "an id"}, found ${id ?? "none"}`,
    );
  }
  if (percent === -1) return pattern;
  const { prefix, conversion, ending } = split(kind, pattern, percent);
  return prefix + (conversion === "x" && typeof id !== "string" ? id!.toString(16) : String(id)) + ending;
}

function index(): { fixed: Map<string, ImageKindName>; patterns: Map<string, Pattern> } {
  const fixed = new Map<string, ImageKindName>();
  const patterns = new Map<string, Pattern>();
  for (const key in imageKinds) {
    const kind = key as ImageKindName;
    const pattern: string = imageKinds[kind].fileName;
    const percent = pattern.indexOf("%");
    if (percent === -1) fixed.set(pattern, kind);
    else patterns.set(pattern.slice(0, percent), split(kind, pattern, percent));
  }
  return { fixed, patterns };
}

function split(kind: ImageKindName, pattern: string, percent: number): Pattern {
  const length = pattern.startsWith("%lu", percent) ? 3 : 2;
  return {
    kind,
    prefix: pattern.slice(0, percent),
    conversion: pattern[percent + length - 1]!,
    ending: pattern.slice(percent + length),
  };
}

function isSuffix(suffix: string, conversion: string): boolean {
  if (suffix.length === 0) return false;
  for (let i = 0; i < suffix.length; i++) {
    const code = suffix.charCodeAt(i);
    const digit = code >= 0x30 && code <= 0x39;
    const letter = code >= 0x61 && code <= (conversion === "s" ? 0x7a : 0x66);
    if (!digit && !(letter && conversion !== "u")) return false;
  }
  return true;
}
