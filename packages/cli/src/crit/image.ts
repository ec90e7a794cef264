import { RestoreError } from "@restage/core";
import {
  type AnyMessage,
  decodeEntries,
  type EntryDraft,
  type EntryKindName,
  encodeDrafts,
  ghostChunkEntry,
  IMG_COMMON_MAGIC,
  IMG_SERVICE_MAGIC,
  type ImageKindName,
  imageKinds,
  ipcMsg,
  RAW_IMAGE_MAGIC,
} from "@restage/images";
import { fromBase64, toBase64 } from "./bytes.ts";
import type { Json, JsonObject } from "./json.ts";
import { jsonToMessage, messageToJson } from "./message.ts";

/** How an image is shown. */
export interface CritOptions {
  /** Numbers in the form for people. */
  readonly pretty?: boolean;
  /** Leave out what follows entries, and say how long it is. */
  readonly nopl?: boolean;
}

interface Entry {
  readonly value: unknown;
  readonly extra?: unknown;
}

/** Decodes an image of any name to `{ magic, entries }`. Throws ERR_IMAGE. */
export function imageToJson(bytes: Uint8Array, options: CritOptions = {}): JsonObject {
  const kind = kindOf(bytes);
  const entries: readonly Entry[] = decodeEntries(kind, bytes);
  return {
    magic: kind.toUpperCase(),
    entries: entries.flatMap((entry, index) => entryToJson(kind, entry, index, options)),
  };
}

/** The kind of an image and the number of its entries. Throws ERR_IMAGE. */
export function imageInfo(bytes: Uint8Array): JsonObject {
  const kind = kindOf(bytes);
  const { length } = decodeEntries(kind, bytes);
  return { magic: kind.toUpperCase(), count: imageKinds[kind].first === undefined ? length : length - 1 };
}

/** The inverse of `imageToJson`. Throws ERR_IMAGE. */
export function jsonToImage({ magic, entries }: JsonObject): Uint8Array {
  const kind = String(magic).toLowerCase() as EntryKindName;
  if (!Object.hasOwn(imageKinds, kind) || !Array.isArray(entries))
    throw new RestoreError("ERR_IMAGE", `There is no image with the magic ${JSON.stringify(magic)}`);
  const objects = entries as readonly JsonObject[];
  const drafts =
    kind === "ghost_file" ? [ghostFile(objects)] : objects.map((entry, index) => jsonToEntry(kind, entry, index));
  return encodeDrafts(kind, drafts as unknown as readonly EntryDraft<EntryKindName>[]);
}

/** The kind of an image, by the words at its start. */
function kindOf(bytes: Uint8Array): EntryKindName {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (index: number) => (bytes.length < 4 * index + 4 ? 0 : words.getUint32(4 * index, true));
  const magic = word(0) === IMG_COMMON_MAGIC || word(0) === IMG_SERVICE_MAGIC ? word(1) : word(0);
  const names = Object.keys(imageKinds) as ImageKindName[];
  const kind = names.find((name) => imageKinds[name].magic === magic && magic !== RAW_IMAGE_MAGIC);
  if (kind !== undefined) return kind as EntryKindName;
  throw new RestoreError("ERR_IMAGE", `Unknown magic 0x${magic.toString(16)}`, {
    hint: "raw images, such as pages-1.img, have none",
  });
}

function typeOf(kind: EntryKindName, index: number): AnyMessage {
  const { first, message } = imageKinds[kind];
  return ((index === 0 ? first : undefined) ?? message) as AnyMessage;
}

function entryToJson(
  kind: EntryKindName,
  { value, extra }: Entry,
  index: number,
  options: CritOptions,
): readonly JsonObject[] {
  const { pretty = false, nopl = false } = options;
  const object = messageToJson(typeOf(kind, index), value, pretty);
  if (extra === undefined) return [object];
  if (kind !== "ghost_file")
    return [{ ...object, extra: nopl ? `... <${humanSize(sizeOf(extra))}>` : extraToJson(kind, extra) }];
  const { content, chunks } = extra as {
    content?: Uint8Array;
    chunks?: readonly { value: unknown; data: Uint8Array }[];
  };
  const withExtra = (entry: JsonObject, data: Uint8Array) => (nopl ? entry : { ...entry, extra: toBase64(data) });
  if (content !== undefined) return [withExtra(object, content)];
  const parts = chunks ?? [];
  return [object, ...parts.map(({ value, data }) => withExtra(messageToJson(ghostChunkEntry, value, pretty), data))];
}

interface QueuedMessage {
  readonly value: unknown;
  readonly data: Uint8Array;
}
interface Queues {
  readonly inq: Uint8Array;
  readonly outq: Uint8Array;
}
interface MapContent {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
}

function extraToJson(kind: EntryKindName, extra: unknown): Json {
  switch (kind) {
    case "tcp_stream": {
      const { inq, outq } = extra as Queues;
      return { inq: toBase64(inq), outq: toBase64(outq) };
    }
    case "bpfmap_data": {
      const { keys, values } = extra as MapContent;
      return toBase64(Buffer.concat([keys, values]));
    }
    case "ipcns_sem":
      return (extra as { values: readonly number[] }).values;
    case "ipcns_msg":
      return (extra as readonly QueuedMessage[]).flatMap(({ value, data }) => [
        messageToJson(ipcMsg, value, false),
        toBase64(data),
      ]);
    default:
      return toBase64(extra as Uint8Array);
  }
}

function jsonToEntry(kind: EntryKindName, { extra, ...object }: JsonObject, index: number): Entry {
  const value = jsonToMessage(typeOf(kind, index), object);
  return extra === undefined ? { value } : { value, extra: jsonToExtra(kind, value, extra) };
}

function jsonToExtra(kind: EntryKindName, value: object, extra: Json): unknown {
  switch (kind) {
    case "tcp_stream": {
      const { inq, outq } = extra as JsonObject;
      return { inq: fromBase64(String(inq)), outq: fromBase64(String(outq)) };
    }
    case "bpfmap_data": {
      const bytes = fromBase64(String(extra));
      const { keys_bytes } = value as { keys_bytes: number };
      return { keys: bytes.subarray(0, keys_bytes), values: bytes.subarray(keys_bytes) };
    }
    case "ipcns_sem":
      return { values: extra };
    case "ipcns_msg": {
      const items = extra as readonly Json[];
      return Array.from({ length: items.length / 2 }, (_, index) => ({
        value: jsonToMessage(ipcMsg, items[2 * index] as JsonObject),
        data: fromBase64(String(items[2 * index + 1])),
      }));
    }
    default:
      return fromBase64(String(extra));
  }
}

/** The entry of a ghost file has the others as chunks. */
function ghostFile([first = {}, ...rest]: readonly JsonObject[]): Entry {
  const { extra, ...object } = first;
  const value = jsonToMessage(typeOf("ghost_file", 0), object);
  if (extra !== undefined) return { value, extra: { content: fromBase64(String(extra)) } };
  const chunks = rest.map(({ extra: data, ...chunk }) => ({
    value: jsonToMessage(ghostChunkEntry, chunk),
    data: fromBase64(String(data)),
  }));
  return { value, extra: { chunks } };
}

/** The number of bytes in what follows an entry. */
function sizeOf(extra: unknown): number {
  if (extra instanceof Uint8Array) return extra.length;
  if (typeof extra === "number") return 2;
  if (typeof extra !== "object" || extra === null) return 0;
  return Object.values(extra).reduce((sum: number, part) => sum + sizeOf(part), 0);
}

function humanSize(bytes: number): string {
  let size = bytes;
  for (const unit of ["", "K", "M", "G", "T"]) {
    if (size < 1024) return `${Number.isInteger(size) ? size : size.toFixed(1)}${unit}B`;
    size /= 1024;
  }
  return `${size.toFixed(1)}PB`;
}
