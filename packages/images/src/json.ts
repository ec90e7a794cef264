/**
 * Images as JSON, in the shape of CRIU's `crit decode`: `{ "magic": "CORE", "entries": [{ ...fields, "extra": ... }] }`.
 *
 * The JSON type depends only on the field, never on the value:
 *
 * - 32-bit numbers and enumerations are numbers.
 * - 64-bit numbers are decimal strings, because JavaScript and jq would round them.
 * - Bytes are base64.
 * - Repeated fields are arrays, even when empty.
 * - Fields that the message type does not have are in `$unknown`.
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
   * The form of payloads, that is of raw images and of what follows entries: `base64`, the default, or `size`, which is an object
   * `{ "bytes": N }` in place of the bytes.
   */
  readonly payload?: "base64" | "size";
}

/** Converts an image to a JSON value. */
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
 * Decodes an image file to a JSON value.
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
