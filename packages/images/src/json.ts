/**
 * Images as JSON, in the shape of CRIU's `crit decode`: `{ "magic": "CORE", "entries": [{ ...fields, "extra": ... }] }`.
 *
 * How values are written depends on the field alone, never on the value, so that a reader knows what to expect:
 * 32-bit numbers and enumerations are numbers, 64-bit numbers are decimal strings (JavaScript and jq would round them), bytes are
 * base64. Repeated fields are always arrays. Fields that the type of a message does not have are in `$unknown`.
 *
 * @module
 */
import { decodeImage } from "./decode-image.ts";
import type { Image } from "./image.ts";
import type { UnknownField } from "./schema/message.ts";
import { unknownFields } from "./schema/message.ts";

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Options of {@link imageToJson}. */
export interface JsonOptions {
  /**
   * How payloads (raw images, and what follows entries) are written: `base64`, the default, or `size`, an object
   * `{ "bytes": N }` in place of each run of bytes.
   */
  readonly payload?: "base64" | "size";
}

/** Turns an image into a JSON value, see the module's description. */
export function imageToJson(image: Image, { payload = "base64" }: JsonOptions = {}): Json {
  const magic = image.kind.toUpperCase();
  if ("payload" in image) return { magic, payload: toJson(image.payload, payload) };
  const entries: readonly { readonly value: unknown; readonly extra?: unknown }[] = image.entries;
  return {
    magic,
    entries: entries.map(({ value, extra }) => {
      const fields = toJson(value, "base64") as { readonly [key: string]: Json };
      return extra === undefined ? fields : { ...fields, extra: toJson(extra, payload) };
    }),
  };
}

/**
 * Decodes an image file into a JSON value, see the module's description.
 *
 * @throws {ImageError} As `decodeImage`.
 */
export function decodeToJson(fileName: string, bytes: Uint8Array, options?: JsonOptions): Json {
  return imageToJson(decodeImage(fileName, bytes), options);
}

function toJson(value: unknown, payload: "base64" | "size"): Json {
  switch (typeof value) {
    case "bigint":
      return value.toString();
    case "string":
    case "number":
    case "boolean":
      return value;
    default:
      break;
  }
  if (value instanceof Uint8Array) return payload === "size" ? { bytes: value.length } : toBase64(value);
  if (Array.isArray(value)) return value.map((element) => toJson(element, payload));
  const object: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value as Record<string, unknown>)) {
    if (item !== undefined) object[key] = toJson(item, payload);
  }
  const unknown = (value as { readonly [unknownFields]?: readonly UnknownField[] })[unknownFields];
  if (unknown !== undefined)
    object["$unknown"] = unknown.map(({ number, wireType, data }) => ({ number, wireType, data: toBase64(data) }));
  return object;
}

const CHUNK = 0x2000;

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += CHUNK) binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(binary);
}
