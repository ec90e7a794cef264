import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { RestoreError } from "@restage/core";
import { reason } from "../reason.ts";
import {
  ALL_ANNOUNCEMENTS,
  announcementsOf,
  COLLECTION,
  type CollectionState,
  decodeIds,
  pushOf,
} from "./announcements.ts";
import { manifestKey, nameOf, readManifest, readPieces } from "./manifest.ts";
import { runPooled } from "./pool.ts";
import { chunkId, type Store } from "./store.ts";

export interface CollectOptions {
  /** How long the chunks of an interrupted push are kept, in milliseconds; by default a day. */
  readonly grace?: number;
}

export interface Collected {
  readonly deleted: number;
  readonly deletedSize: number;
  readonly kept: number;
}

const DAY = 24 * 3600 * 1000;
/** A collection deletes nothing after this time. Other collections consider it dead after twice as long. */
const LONGEST = 3600 * 1000;
const DELETIONS = 16;

/**
 * Deletes chunks that no checkpoint and no push needs. Pushes and pulls can run at the same time; `announcements.ts` explains why nothing is lost.
 *
 * Throws ERR_STORE.
 */
export async function collect(store: Store, { grace = DAY }: CollectOptions = {}): Promise<Collected> {
  const run = await begin(store);
  try {
    return await sweep(store, grace);
  } finally {
    await run.end();
  }
}

async function sweep(store: Store, grace: number): Promise<Collected> {
  const started = performance.now();
  const candidates = await store.chunks.sequences();
  const needed = new Set<string>();
  // In this order, because a push writes its manifest before it removes its announcements.
  await addAnnounced(store, needed, grace);
  await addNamed(store, needed);
  const unneeded = candidates.filter(({ key }) => !needed.has(chunkId(key)));
  let deleted = 0;
  let deletedSize = 0;
  await runPooled(unneeded, DELETIONS, async ({ sequence, size }) => {
    if (performance.now() - started > LONGEST) throw tooLong();
    await store.chunks.deleteSequence(sequence);
    deleted += 1;
    deletedSize += size;
  });
  return { deleted, deletedSize, kept: candidates.length - deleted };
}

/** Records that a collection is running. Throws ERR_STORE if another one is. */
async function begin({ names }: Store) {
  const entry = await names.get(COLLECTION);
  const other = entry?.json<CollectionState>();
  if (entry !== undefined && other !== undefined && other.running !== "") {
    if (Date.now() - entry.created.getTime() < 2 * LONGEST) throw busy(other);
  }
  const state = { running: randomUUID(), host: hostname(), since: new Date().toISOString() };
  const revision = entry?.revision ?? 0;
  if (!(await names.update(COLLECTION, encode(state), revision))) {
    const now = (await names.get(COLLECTION))?.json<CollectionState>();
    // Either an earlier attempt succeeded and its answer was lost, or somebody else was first.
    if (now?.running !== state.running) throw busy(now);
  }
  return {
    async end(): Promise<void> {
      const now = await names.get(COLLECTION);
      if (now?.json<CollectionState>().running === state.running)
        await names.update(COLLECTION, encode({ ...state, running: "" }), now.revision);
    },
  };
}

function encode(state: CollectionState): Uint8Array {
  return Buffer.from(JSON.stringify(state));
}

/** Adds the chunks of pushes. Abandons pushes that have announced nothing within the grace period. */
async function addAnnounced({ names }: Store, needed: Set<string>, grace: number): Promise<void> {
  const newest = new Map<string, number>();
  const ids = new Map<string, string[]>();
  for (const key of await names.keys(ALL_ANNOUNCEMENTS)) {
    const entry = await names.get(key);
    if (entry === undefined) continue;
    const push = pushOf(key);
    newest.set(push, Math.max(newest.get(push) ?? 0, entry.created.getTime()));
    ids.set(push, [...(ids.get(push) ?? []), ...decodeIds(entry.value)]);
  }
  for (const [push, time] of newest) {
    if (Date.now() - time > grace) await names.purge(announcementsOf(push));
    else for (const id of ids.get(push) ?? []) needed.add(id);
  }
}

/** Adds the chunks of checkpoints. Throws ERR_STORE, naming every checkpoint whose chunks are unknown: any chunk could be one of them. */
async function addNamed(store: Store, needed: Set<string>): Promise<void> {
  const unreadable: string[] = [];
  for (const key of await store.names.keys(manifestKey(">"))) {
    const name = nameOf(key);
    try {
      const manifest = await readManifest(store, name);
      if (manifest === undefined) continue;
      for (const id of [...manifest.list, ...manifest.body]) needed.add(id);
      for (const { id } of (await readPieces(store, manifest)).pieces) needed.add(id);
    } catch (cause) {
      unreadable.push(`${name} (${reason(cause)})`);
    }
  }
  if (unreadable.length === 0) return;
  const hint =
    "push each of them again with --replace, or remove it with `restage store rm NAME`; then repeat the command";
  throw new RestoreError(
    "ERR_STORE",
    `Cannot collect garbage: the chunks of these checkpoints are unknown: ${unreadable.join("; ")}`,
    { hint },
  );
}

function busy(other: CollectionState | undefined): RestoreError {
  const hint = "repeat the command later";
  const whose = other === undefined ? "" : ` on ${other.host} since ${other.since}`;
  return new RestoreError("ERR_STORE", `Another garbage collection is running${whose}`, { hint });
}

function tooLong(): RestoreError {
  const hint = "repeat the command: it deletes the rest";
  return new RestoreError("ERR_STORE", `The garbage collection stopped after ${LONGEST / 60_000} minutes`, { hint });
}
