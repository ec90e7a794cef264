import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { deflateRaw, deflateRawSync, inflateRaw } from "node:zlib";
import { RestoreError } from "@restage/core";
import { reason } from "../reason.ts";
import { LARGEST } from "./cut.ts";

/** A key that the store never sees. */
export type StoreKey = Uint8Array;

/** Converts chunks to the form in which they are stored, and back. */
export interface Seal {
  readonly encrypts: boolean;
  /** Influences where chunks are cut, so that lengths reveal less about encrypted contents. */
  readonly seed: number;
  /** The name of a chunk, which depends on its content. */
  id(chunk: Uint8Array): string;
  close(id: string, chunk: Uint8Array): Promise<Uint8Array>;
  /** Throws ERR_STORE if the chunk does not have this name. */
  open(id: string, sealed: Uint8Array): Promise<Uint8Array>;
}

const KEY_SIZE = 32;
const NONCE_SIZE = 12;
const TAG_SIZE = 16;

/** The first byte says how the rest is stored. */
const STORED = 0;
const DEFLATED = 1;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Parts of a chunk that are compressed first: compressing random bytes takes long and gains nothing. All of them are as long as a page. */
const PARTS = 8;
const PART_SIZE = 512;
/** The rest is compressed if the parts then have less than this share of their size. */
const WORTH_WHILE = 0.95;
/** The least that zlib takes, in bytes. */
const LEAST_BUFFER = 64;

/**
 * Reads a key: 32 bytes, or 64 hexadecimal digits.
 *
 * Throws ERR_OPTION.
 */
export function readStoreKey(file: string): StoreKey {
  let bytes: Buffer;
  let mode: number;
  try {
    mode = statSync(file).mode;
    bytes = readFileSync(file);
  } catch (cause) {
    throw new RestoreError("ERR_OPTION", `Cannot read the key: ${reason(cause)}`, { cause });
  }
  if ((mode & 0o077) !== 0) {
    const hint = `run \`chmod 600 ${file}\`, or make another key`;
    throw new RestoreError("ERR_OPTION", `Other users can read or change the key in ${file}`, { hint });
  }
  const text = bytes.toString("latin1").trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex");
  if (bytes.length === KEY_SIZE) return bytes;
  const hint = `make one: \`umask 077; openssl rand -hex ${KEY_SIZE} > ${file}\``;
  throw new RestoreError("ERR_OPTION", `${file} is not a key: it needs 32 bytes, or 64 hexadecimal digits`, { hint });
}

/** Compresses chunks. Their names are digests. */
export const PLAIN: Seal = {
  encrypts: false,
  seed: 0,
  id: (chunk) => createHash("sha256").update(chunk).digest("hex"),
  close: (_id, chunk) => compress(chunk),
  async open(id, sealed) {
    return verified(this, id, await decompress(id, sealed));
  },
};

/**
 * Compresses chunks, then encrypts them with AES-256-GCM. Names are keyed digests, so that nobody without the key can recognize a known page. Every chunk
 * has its own key, so random nonces never repeat under one key.
 */
export function sealWith(key: StoreKey | undefined): Seal {
  if (key === undefined) return PLAIN;
  const derive = (purpose: string, length: number) => Buffer.from(hkdfSync("sha256", key, "", purpose, length));
  const naming = derive("restage store: names", KEY_SIZE);
  const sealing = derive("restage store: contents", KEY_SIZE);
  const keyOf = (id: string) => createHmac("sha256", sealing).update(id).digest();
  return {
    encrypts: true,
    seed: derive("restage store: cuts", 4).readUInt32LE(),
    id: (chunk) => createHmac("sha256", naming).update(chunk).digest("hex"),
    async close(id, chunk) {
      const nonce = randomBytes(NONCE_SIZE);
      const cipher = createCipheriv("aes-256-gcm", keyOf(id), nonce).setAAD(Buffer.from(id));
      const sealed = [nonce, cipher.update(await compress(chunk)), cipher.final()];
      return Buffer.concat([...sealed, cipher.getAuthTag()]);
    },
    async open(id, sealed) {
      const end = sealed.length - TAG_SIZE;
      if (end < NONCE_SIZE) throw damaged(id);
      const decipher = createDecipheriv("aes-256-gcm", keyOf(id), sealed.subarray(0, NONCE_SIZE));
      decipher.setAAD(Buffer.from(id)).setAuthTag(sealed.subarray(end));
      let opened: Buffer;
      try {
        opened = Buffer.concat([decipher.update(sealed.subarray(NONCE_SIZE, end)), decipher.final()]);
      } catch (cause) {
        const hint = "pass the key with which it was pushed; if this is that key, the store is damaged";
        throw new RestoreError("ERR_STORE", `Cannot decrypt chunk ${id}`, { hint, cause });
      }
      return verified(this, id, await decompress(id, opened));
    },
  };
}

async function compress(chunk: Uint8Array): Promise<Uint8Array> {
  if (!seemsCompressible(chunk)) return Buffer.concat([Uint8Array.of(STORED), chunk]);
  // The lowest level: it is four times faster than the default, and memory compresses almost as well. One buffer for all of it saves turns of the event loop.
  const deflated = await deflate(chunk, { level: 1, chunkSize: Math.max(chunk.length, LEAST_BUFFER) });
  const smaller = deflated.length < chunk.length;
  return Buffer.concat([Uint8Array.of(smaller ? DEFLATED : STORED), smaller ? deflated : chunk]);
}

/** Compresses parts of a chunk from different pages, each from another place in its page. */
function seemsCompressible(chunk: Uint8Array): boolean {
  const step = Math.floor(chunk.length / PARTS);
  if (step < PARTS * PART_SIZE) return true;
  const parts = Array.from({ length: PARTS }, (_, index) => {
    const start = index * (step + PART_SIZE);
    return chunk.subarray(start, start + PART_SIZE);
  });
  return deflateRawSync(Buffer.concat(parts), { level: 1 }).length < PARTS * PART_SIZE * WORTH_WHILE;
}

async function decompress(id: string, stored: Uint8Array): Promise<Uint8Array> {
  const content = stored.subarray(1);
  if (stored[0] === STORED) return content;
  if (stored[0] !== DEFLATED) throw damaged(id);
  try {
    return await inflate(content, { maxOutputLength: LARGEST, chunkSize: LARGEST });
  } catch (cause) {
    throw damaged(id, cause);
  }
}

function verified(seal: Seal, id: string, chunk: Uint8Array): Uint8Array {
  if (seal.id(chunk) !== id) throw damaged(id);
  return chunk;
}

function damaged(id: string, cause?: unknown): RestoreError {
  const hint = "remove every checkpoint that uses it, run `restage store gc`, and push again from the origin";
  return new RestoreError("ERR_STORE", `Chunk ${id} of the store is damaged`, { hint, cause });
}
