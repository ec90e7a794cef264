import { open } from "node:fs/promises";
import { RestoreError } from "@restage/core";
import { Announcements } from "./announcements.ts";
import { cutLength, LARGEST } from "./cut.ts";
import { imageFiles, type LocalFile } from "./image-files.ts";
import {
  type Body,
  digestOfList,
  encodePieces,
  type ImageFile,
  type Manifest,
  manifestKey,
  type Piece,
} from "./manifest.ts";
import { runPooled } from "./pool.ts";
import type { Progress } from "./progress.ts";
import { PLAIN, type Seal, type StoreKey, sealWith } from "./seal.ts";
import { chunkKey, type Store } from "./store.ts";

export interface PushOptions {
  /** Encrypts the checkpoint. */
  readonly key?: StoreKey | undefined;
  /** Take over a name that is in use. */
  readonly replace?: boolean;
  /** What the manifest says about the push that made it; by default a new id. */
  readonly id?: string;
  /** Whether the checkpoints before it belong to it; by default they do. */
  readonly parents?: boolean;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Pushed {
  readonly name: string;
  /** Bytes of all images. */
  readonly size: number;
  readonly chunks: number;
  /** Chunks that the store did not have. */
  readonly sent: number;
  /** Bytes of these chunks, as they are stored. */
  readonly sentSize: number;
}

/** How much of a file is in memory at a time, and how much is announced together. */
const WINDOW = 16 * LARGEST;
const BATCH = 4 * WINDOW;
const UPLOADS = 8;

/**
 * Stores a checkpoint under a name. After an interruption the name is still free, and the next push of the directory uploads only missing chunks.
 *
 * Throws ERR_STORE and ERR_IMAGE.
 */
export async function push(store: Store, directory: string, name: string, options: PushOptions = {}): Promise<Pushed> {
  if (options.replace !== true) await assertFree(store, name);
  const files = imageFiles(directory, options);
  const upload = new Upload(store, files, options);
  for (const file of files) await upload.addFile(file);
  await upload.end(name, options.replace === true);
  return { name, ...upload.summary };
}

/** Throws ERR_STORE if a name is taken. */
export async function assertFree({ names }: Store, name: string): Promise<void> {
  if ((await names.get(manifestKey(name))) !== undefined) throw taken(name);
}

/** The error for a name that is taken. */
export function taken(name: string): RestoreError {
  const hint = "choose another name, or pass --replace";
  return new RestoreError("ERR_STORE", `The store already has a checkpoint ${name}`, { hint });
}

/** A chunk on its way. */
interface Pending {
  readonly id: string;
  readonly chunk: Uint8Array;
  readonly seal: Seal;
}

class Upload {
  readonly #store: Store;
  readonly #seal: Seal;
  readonly #onProgress: (progress: Progress) => void;
  readonly #total: number;
  readonly #announcements: Announcements;
  readonly #seen = new Set<string>();
  readonly #pieces: Piece[] = [];
  readonly #files: ImageFile[] = [];
  #pending: Pending[] = [];
  #pendingSize = 0;
  #done = 0;
  #sent = 0;
  #sentSize = 0;

  constructor(store: Store, files: readonly LocalFile[], { key, id, onProgress = () => {} }: PushOptions) {
    this.#store = store;
    this.#seal = sealWith(key);
    this.#onProgress = onProgress;
    this.#total = files.reduce((sum, { size }) => sum + size, 0);
    this.#announcements = new Announcements(store, id);
  }

  get summary() {
    return { size: this.#total, chunks: this.#seen.size, sent: this.#sent, sentSize: this.#sentSize };
  }

  async addFile({ path, file, size }: LocalFile): Promise<void> {
    const before = this.#pieces.length;
    let read = 0;
    for await (const chunk of chunksOf(file, this.#seal.seed)) {
      read += chunk.length;
      this.#pieces.push({ id: await this.#add(chunk, this.#seal), length: chunk.length });
    }
    if (read !== size) {
      const hint = "push it again when nothing writes to it";
      throw new RestoreError("ERR_IMAGE", `Cannot push ${file}: its size changed from ${size} to ${read}`, { hint });
    }
    this.#files.push({ path, size, pieces: this.#pieces.length - before });
  }

  /** Uploads the rest and gives it the name. */
  async end(name: string, replace: boolean): Promise<void> {
    const list: string[] = [];
    for (const part of encodePieces(this.#pieces)) list.push(await this.#add(part, PLAIN));
    const body: Body = { name, list: digestOfList(list), files: this.#files };
    const bytes = Buffer.from(JSON.stringify(body));
    const parts: string[] = [];
    for (let at = 0; at < bytes.length; at += LARGEST)
      parts.push(await this.#add(bytes.subarray(at, at + LARGEST), this.#seal));
    await this.#flush();
    await this.#announcements.assertKept();
    await this.#name(name, replace, {
      version: 1,
      push: this.#announcements.push,
      created: new Date().toISOString(),
      size: this.#total,
      encrypted: this.#seal.encrypts,
      list,
      body: parts,
    });
    await this.#announcements.end();
  }

  async #name(name: string, replace: boolean, manifest: Manifest): Promise<void> {
    const { names } = this.#store;
    const value = Buffer.from(JSON.stringify(manifest));
    if (replace) return names.put(manifestKey(name), value);
    if (await names.update(manifestKey(name), value, 0)) return undefined;
    // Either an earlier attempt succeeded and its answer was lost, or somebody else was first.
    const entry = await names.get(manifestKey(name));
    if (entry?.json<Manifest>().push !== manifest.push) throw taken(name);
    return undefined;
  }

  async #add(chunk: Uint8Array, seal: Seal): Promise<string> {
    const id = seal.id(chunk);
    if (this.#seen.has(id)) this.#advance(chunk.length);
    else {
      this.#seen.add(id);
      this.#pending.push({ id, chunk, seal });
      this.#pendingSize += chunk.length;
      if (this.#pendingSize >= BATCH) await this.#flush();
    }
    return id;
  }

  async #flush(): Promise<void> {
    const batch = this.#pending;
    this.#pending = [];
    this.#pendingSize = 0;
    if (batch.length === 0) return;
    const missing = new Set(await this.#announcements.announce(batch.map(({ id }) => id)));
    await runPooled(batch, UPLOADS, async ({ id, chunk, seal }) => {
      if (missing.has(id)) {
        const sealed = await seal.close(id, chunk);
        await this.#store.chunks.put(chunkKey(id), sealed);
        this.#sent += 1;
        this.#sentSize += sealed.length;
      }
      this.#advance(chunk.length);
    });
  }

  #advance(length: number): void {
    this.#done += length;
    this.#onProgress({ done: Math.min(this.#done, this.#total), total: this.#total });
  }
}

/** The chunks of a file. */
async function* chunksOf(file: string, seed: number): AsyncGenerator<Uint8Array> {
  const handle = await open(file, "r");
  try {
    let rest: Uint8Array = new Uint8Array();
    for (;;) {
      // Chunks are views of their window until they are uploaded, so every window has its own memory.
      const window = new Uint8Array(rest.length + WINDOW);
      window.set(rest);
      let end = rest.length;
      for (let bytesRead = 1; bytesRead > 0 && end < window.length; end += bytesRead)
        ({ bytesRead } = await handle.read(window, end, window.length - end));
      const isLast = end < window.length;
      let at = 0;
      while (end - at >= LARGEST || (isLast && at < end)) {
        const length = cutLength(window.subarray(at, end), seed);
        yield window.subarray(at, at + length);
        at += length;
      }
      if (isLast) return;
      rest = window.subarray(at, end);
    }
  } finally {
    await handle.close();
  }
}
