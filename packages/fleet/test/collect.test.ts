import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { describeUnless } from "../../../test/support/requirements.ts";
import { collect, list, openStore, pull, push, remove, type Store } from "../src/mod.ts";
import { COLLECTION } from "../src/store/announcements.ts";
import { chunkKey } from "../src/store/store.ts";
import { contentsOf, pagesOf, scratch, seeded, writeCheckpoint } from "./support/checkpoint.ts";
import { NatsServer, noNatsServer } from "./support/nats-server.ts";

// A loaded machine is slow.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describeUnless(noNatsServer, "a store in JetStream whose garbage is collected", () => {
  const server = new NatsServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());
  const freshStore = async (): Promise<Store> => openStore(await server.connect());

  it("deletes nothing while a manifest is unreadable, and names every such checkpoint", async () => {
    const store = await freshStore();
    const place = scratch();
    for (const [name, seed] of [
      ["one", 11],
      ["two", 12],
      ["three", 13],
    ] as const)
      await push(store, writeCheckpoint(join(place, name), pagesOf(20, seeded(seed))), name);
    await remove(store, "three");
    await store.names.put("image.one", Buffer.from("{"));
    const { list: ids = [] } = (await store.names.get("image.two"))?.json<{ list: string[] }>() ?? {};
    await store.chunks.purge(chunkKey(ids[0] ?? ""));
    const failure = await collect(store).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "ERR_STORE", hint: expect.stringContaining("restage store rm NAME") });
    expect(String(failure)).toMatch(/one \(.*not JSON\); two \(The store has no chunk [0-9a-f]{64}\)/);
    await remove(store, "one");
    await remove(store, "two");
    expect((await collect(store)).kept).toBe(0);
  });

  it("frees chunks that only removed checkpoints had, and no others", async () => {
    const store = await freshStore();
    const place = scratch();
    const shared = pagesOf(200, seeded(10));
    const one = writeCheckpoint(join(place, "one"), [...shared, ...pagesOf(200, seeded(11))]);
    const two = writeCheckpoint(join(place, "two"), [...shared, ...pagesOf(200, seeded(12))]);
    await push(store, one, "one");
    await push(store, two, "two");
    expect((await collect(store)).deleted).toBe(0);
    await remove(store, "one");
    const { deleted, kept } = await collect(store);
    expect(deleted).toBeGreaterThan(5);
    expect(kept).toBe((await store.chunks.sequences()).length);
    await pull(store, "two", join(place, "pulled"));
    expect(contentsOf(join(place, "pulled"))).toEqual(contentsOf(two));
    await remove(store, "two");
    expect(await collect(store)).toMatchObject({ deleted: kept, kept: 0 });
    await expect(remove(store, "two")).rejects.toMatchObject({ code: "ERR_STORE" });
  });

  it("abandons the chunks of an interrupted push, which fails if it continues after all", async () => {
    const store = await freshStore();
    const place = scratch();
    const one = writeCheckpoint(join(place, "one"), pagesOf(100, seeded(13)));
    let late: Promise<unknown> | undefined;
    const paused: Store = {
      ...store,
      chunks: {
        ...store.chunks,
        put: async (key, value) => {
          await store.chunks.put(key, value);
          late ??= collect(store, { grace: -1 });
          await late;
        },
      },
    };
    await expect(push(paused, one, "one")).rejects.toThrow("has abandoned this push");
    expect(await list(store)).toEqual([]);
    await collect(store, { grace: -1 });
    expect(await store.chunks.sequences()).toEqual([]);
  });

  it("runs one garbage collection at a time", async () => {
    const store = await freshStore();
    const state = (running: string) => Buffer.from(JSON.stringify({ running, host: "other", since: "noon" }));
    await store.names.put(COLLECTION, state("x"));
    await expect(collect(store)).rejects.toThrow("Another garbage collection is running on other since noon");
    await store.names.put(COLLECTION, state(""));
    await collect(store);
  });

  it("keeps the chunks of a push that begins while a garbage collection deletes", async () => {
    const store = await freshStore();
    const place = scratch();
    const one = writeCheckpoint(join(place, "one"), pagesOf(60, seeded(17)));
    await push(store, one, "old");
    await remove(store, "old");
    let pushed: Promise<unknown> | undefined;
    const deleteSequence = async (sequence: number) => {
      pushed ??= push(store, one, "new");
      await pushed;
      await store.chunks.deleteSequence(sequence);
    };
    const { deleted } = await collect({ ...store, chunks: { ...store.chunks, deleteSequence } });
    expect(deleted).toBeGreaterThan(3);
    await pull(store, "new", join(place, "pulled"));
    expect(contentsOf(join(place, "pulled"))).toEqual(contentsOf(one));
  });

  it("keeps the chunks of a push that has stored them all, but does not have its name yet", async () => {
    const store = await freshStore();
    const place = scratch();
    const one = writeCheckpoint(join(place, "one"), pagesOf(60, seeded(19)));
    const update: Store["names"]["update"] = async (...given) => {
      expect(await collect(store)).toMatchObject({ deleted: 0 });
      return await store.names.update(...given);
    };
    await push({ ...store, names: { ...store.names, update } }, one, "one");
    await pull(store, "one", join(place, "pulled"));
    expect(contentsOf(join(place, "pulled"))).toEqual(contentsOf(one));
  });

  it("keeps the chunks of a push that ends while a garbage collection reads what is needed", async () => {
    const store = await freshStore();
    const place = scratch();
    const one = writeCheckpoint(join(place, "one"), pagesOf(60, seeded(18)));
    const isNamed = signal();
    const mayEnd = signal();
    const update: Store["names"]["update"] = async (...given) => {
      isNamed.send();
      await mayEnd.sent;
      return await store.names.update(...given);
    };
    const pushing = push({ ...store, names: { ...store.names, update } }, one, "one");
    await isNamed.sent;
    let reads = 0;
    const keys = async (pattern: string) => {
      reads += 1;
      if (reads === 2) {
        mayEnd.send();
        await pushing;
      }
      return await store.names.keys(pattern);
    };
    await collect({ ...store, names: { ...store.names, keys } });
    expect(reads).toBe(2);
    await pull(store, "one", join(place, "pulled"));
    expect(contentsOf(join(place, "pulled"))).toEqual(contentsOf(one));
  });

  it("loses nothing when pushes, removals and garbage collections run at the same time", async () => {
    const store = await freshStore();
    const place = scratch();
    const random = seeded(14);
    const pool = pagesOf(64, random);
    const pages = Array.from({ length: 4 }, (_, index) => pool.slice(8 * index, 8 * index + 40));
    const sources = pages.map((some, index) => writeCheckpoint(join(place, `source-${index}`), some));
    const held = new Map<string, string>();
    let running = true;
    const delayed = slowed(store, seeded(15));
    const collections = (async () => {
      let count = 0;
      for (; running; count += 1) await collect(delayed);
      return count;
    })();
    const pusher = async (who: number): Promise<void> => {
      for (let round = 0; round < 6; round += 1) {
        const source = sources[Math.floor(random() * sources.length)] ?? "";
        const name = `p${who}-${round}`;
        await push(delayed, source, name);
        held.set(name, source);
        const victim = `p${who}-${round - 2}`;
        if (held.delete(victim)) await remove(store, victim);
      }
    };
    await Promise.all([pusher(0), pusher(1), pusher(2)]).finally(() => {
      running = false;
    });
    expect(await collections).toBeGreaterThan(1);
    expect(held.size).toBe(6);
    for (const [name, source] of held) {
      await pull(store, name, join(place, name));
      expect(contentsOf(join(place, name)), name).toEqual(contentsOf(source));
    }
    for (const name of held.keys()) await remove(store, name);
    await collect(store);
    expect(await store.chunks.sequences()).toEqual([]);
  });
});

function signal() {
  let send = () => {};
  const sent = new Promise<void>((resolve) => {
    send = resolve;
  });
  return { sent, send };
}

/** The same store, whose operations take a random time before and after they happen, as on a network. */
function slowed(store: Store, random: () => number): Store {
  const pause = () => new Promise((resolve) => setTimeout(resolve, random() * 2));
  const slow = <T extends object>(bucket: T): T =>
    Object.fromEntries(
      Object.entries(bucket).map(([name, operation]) => [
        name,
        async (...given: unknown[]) => {
          await pause();
          const answer = await operation(...given);
          await pause();
          return answer;
        },
      ]),
    ) as T;
  return { ...store, chunks: slow(store.chunks), names: slow(store.names) };
}
