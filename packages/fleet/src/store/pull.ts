import { constants, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { RestoreError } from "@restage/core";
import { reason } from "../reason.ts";
import { type ImageFile, noCheckpoint, type Piece, readBody, readManifest, readPieces } from "./manifest.ts";
import { runPooled } from "./pool.ts";
import type { Progress } from "./progress.ts";
import { type Seal, type StoreKey, sealWith } from "./seal.ts";
import { readChunk, type Store } from "./store.ts";

export interface PullOptions {
  /** The key with which the checkpoint was pushed. */
  readonly key?: StoreKey | undefined;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Pulled {
  readonly name: string;
  readonly size: number;
  /** Bytes that an interrupted pull had already written. */
  readonly kept: number;
}

const DOWNLOADS = 16;

/**
 * Writes a checkpoint of the store into a directory, which must be new or empty. Until the checkpoint is complete, it is in `.NAME.part` beside the
 * directory, where an interrupted pull continues.
 *
 * Throws ERR_STORE, ERR_OPTION and ERR_IMAGE.
 */
export async function pull(store: Store, name: string, directory: string, options: PullOptions = {}): Promise<Pulled> {
  const { key, onProgress = () => {} } = options;
  const manifest = await readManifest(store, name);
  if (manifest === undefined) throw noCheckpoint(store, name);
  if (manifest.encrypted && key === undefined)
    throw new RestoreError("ERR_OPTION", `${name} is encrypted`, { hint: "pass its key: --key-file FILE" });
  const target = resolve(directory);
  assertEmpty(target);
  const seal = sealWith(manifest.encrypted ? key : undefined);
  const body = await readBody(store, name, manifest, seal);
  const { pieces } = await readPieces(store, manifest);
  const place = join(dirname(target), `.${basename(target)}.part`);
  makeOwn(place);
  removeOthers(place, new Set(body.files.map(({ path }) => path)));
  const total = body.files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  let kept = 0;
  await runPooled(await placesOf(place, body.files, pieces), DOWNLOADS, async (piece) => {
    if (await isThere(piece, seal)) kept += piece.length;
    else await download(store, piece, seal);
    done += piece.length;
    onProgress({ done, total });
  });
  renameSync(place, target);
  return { name, size: total, kept };
}

/** A chunk and where it belongs. */
interface Place extends Piece {
  readonly file: string;
  readonly offset: number;
  /** Whether the file was there before. */
  readonly isOld: boolean;
}

/** Makes all files. Returns where each chunk belongs. */
async function placesOf(directory: string, files: readonly ImageFile[], pieces: readonly Piece[]) {
  const places: Place[] = [];
  let next = 0;
  for (const { path, size, pieces: count } of files) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const isOld = lstatSync(file, { throwIfNoEntry: false }) !== undefined;
    const handle = await open(file, constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW, 0o600);
    await handle.truncate(size).finally(() => handle.close());
    let offset = 0;
    for (const piece of pieces.slice(next, next + count)) {
      places.push({ ...piece, file, offset, isOld });
      offset += piece.length;
    }
    next += count;
    if (offset !== size) throw new RestoreError("ERR_STORE", `The list of chunks of ${path} does not match its size`);
  }
  return places;
}

async function isThere({ file, offset, length, id, isOld }: Place, seal: Seal): Promise<boolean> {
  if (!isOld) return false;
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, offset);
    return bytesRead === length && seal.id(buffer) === id;
  } finally {
    await handle.close();
  }
}

async function download(store: Store, { file, offset, length, id }: Place, seal: Seal): Promise<void> {
  const chunk = await seal.open(id, await readChunk(store, id));
  if (chunk.length !== length)
    throw new RestoreError("ERR_STORE", `Chunk ${id} has ${chunk.length} bytes; the list says ${length}`);
  const handle = await open(file, "r+");
  try {
    let written = 0;
    while (written < length)
      written += (await handle.write(chunk, written, length - written, offset + written)).bytesWritten;
  } finally {
    await handle.close();
  }
}

function assertEmpty(directory: string): void {
  const status = lstatSync(directory, { throwIfNoEntry: false });
  if (status === undefined || (status.isDirectory() && readdirSync(directory).length === 0)) return;
  const hint = "name a directory that does not exist yet";
  throw new RestoreError("ERR_OPTION", `Cannot pull into ${directory}: it exists and is not an empty directory`, {
    hint,
  });
}

/** Removes what an interrupted pull of another checkpoint has left. */
function removeOthers(directory: string, paths: ReadonlySet<string>): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isDirectory() && !paths.has(relative(directory, file))) rmSync(file);
  }
}

/** Makes a directory that only this user can enter, or takes that of an earlier pull. */
function makeOwn(directory: string): void {
  mkdirSync(dirname(directory), { recursive: true });
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (cause) {
    const status = lstatSync(directory, { throwIfNoEntry: false });
    const isOurs = status?.isDirectory() === true && status.uid === process.geteuid?.() && (status.mode & 0o022) === 0;
    if (isOurs) return;
    throw new RestoreError("ERR_OPTION", `Cannot make ${directory}: ${reason(cause)}`, { cause });
  }
}
