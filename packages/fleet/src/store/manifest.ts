import { RestoreError } from "@restage/core";
import { PLAIN, type Seal } from "./seal.ts";
import { readChunk, type Store } from "./store.ts";

/**
 * The value of a name. It is written last, so a checkpoint has a name only when it is complete.
 *
 * The list of chunks is readable without the key, because a garbage collection has no key. The body says which files the chunks make up.
 */
export interface Manifest {
  readonly version: 1;
  /** The push that made it. */
  readonly push: string;
  readonly created: string;
  /** Bytes of all images. */
  readonly size: number;
  readonly encrypted: boolean;
  /** Chunks that hold the list. */
  readonly list: readonly string[];
  /** Chunks that hold the body. */
  readonly body: readonly string[];
}

/** A chunk in the list, which has the chunks of all files in order. */
export interface Piece {
  readonly id: string;
  readonly length: number;
}

/** The encrypted part. */
export interface Body {
  /** Compared with the name that was asked for, so that a store cannot exchange checkpoints. */
  readonly name: string;
  /** The digest of the list. */
  readonly list: string;
  readonly files: readonly ImageFile[];
}

export interface ImageFile {
  /** `core-1.img`, or `parent/pages-1.img` for images of the checkpoint before. */
  readonly path: string;
  readonly size: number;
  /** The number of its pieces in the list. */
  readonly pieces: number;
}

const ID_SIZE = 32;
const PIECE_SIZE = ID_SIZE + 4;
/** Pieces in one chunk of the list. */
const PIECES = 7000;

export function manifestKey(name: string): string {
  return `image.${name}`;
}

export function nameOf(key: string): string {
  return key.slice("image.".length);
}

export function encodePieces(pieces: readonly Piece[]): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let first = 0; first < pieces.length; first += PIECES) {
    const some = pieces.slice(first, first + PIECES);
    const part = Buffer.alloc(some.length * PIECE_SIZE);
    for (const [index, { id, length }] of some.entries()) {
      part.write(id, index * PIECE_SIZE, "hex");
      part.writeUInt32LE(length, index * PIECE_SIZE + ID_SIZE);
    }
    parts.push(part);
  }
  return parts;
}

function decodePieces(parts: readonly Uint8Array[]): readonly Piece[] {
  return parts.flatMap((part) => {
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.length);
    return Array.from({ length: Math.floor(bytes.length / PIECE_SIZE) }, (_, index) => {
      const at = index * PIECE_SIZE;
      return { id: bytes.toString("hex", at, at + ID_SIZE), length: bytes.readUInt32LE(at + ID_SIZE) };
    });
  });
}

/** Reads the manifest of a name; undefined if the name is free. Throws ERR_STORE. */
export async function readManifest({ names }: Store, name: string): Promise<Manifest | undefined> {
  const entry = await names.get(manifestKey(name));
  if (entry === undefined) return undefined;
  const manifest = parse<Manifest>(entry.string(), name);
  if (manifest.version === 1) return manifest;
  throw new RestoreError("ERR_STORE", `Cannot read ${name}: expected version 1, found ${manifest.version}`, {
    hint: "update Restage: a newer version pushed this checkpoint",
  });
}

/** The error for a name that is free. */
export function noCheckpoint({ server }: Store, name: string): RestoreError {
  const hint = "`restage store ls` lists the checkpoints";
  return new RestoreError("ERR_STORE", `${server} has no checkpoint ${name}`, { hint });
}

/** The list of chunks, and the list as it was digested. */
export async function readPieces(store: Store, { list }: Manifest) {
  const parts: Uint8Array[] = [];
  for (const id of list) parts.push(await PLAIN.open(id, await readChunk(store, id)));
  return { pieces: decodePieces(parts), digest: digestOfList(list) };
}

/** Names of chunks are digests, so a digest of the names covers the whole list. */
export function digestOfList(list: readonly string[]): string {
  return PLAIN.id(Buffer.from(list.join("\n")));
}

/** Reads the encrypted part, and compares it with the rest. Throws ERR_STORE. */
export async function readBody(store: Store, name: string, manifest: Manifest, seal: Seal): Promise<Body> {
  const parts: Uint8Array[] = [];
  for (const id of manifest.body) parts.push(await seal.open(id, await readChunk(store, id)));
  const body = parse<Body>(Buffer.concat(parts).toString(), name);
  const isOf = body.name === name && body.list === digestOfList(manifest.list);
  const unsafe = body.files.find(({ path }) => !isSafe(path));
  if (isOf && unsafe === undefined) return body;
  const why = isOf ? `bad file name ${JSON.stringify(unsafe?.path)}` : "its manifest belongs to another checkpoint";
  throw new RestoreError("ERR_STORE", `Cannot use ${name} of the store: ${why}`, { hint: "do not trust this store" });
}

/** Whether a path stays within the directory of the images and those of its parents. */
function isSafe(path: string): boolean {
  const parts = path.split("/");
  const file = parts.pop() ?? "";
  const isFile = file !== "" && file !== "." && file !== ".." && file !== "parent" && !file.includes("\0");
  return isFile && parts.every((part) => part === "parent");
}

function parse<T>(text: string, name: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const hint = `push it again with --replace, or remove it: restage store rm ${name}`;
    throw new RestoreError("ERR_STORE", `Cannot read ${name}: its manifest is not JSON`, { cause, hint });
  }
}
