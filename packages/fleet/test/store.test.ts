import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { describeUnless } from "../../../test/support/requirements.ts";
import { collect, list, openStore, pull, push, readStoreKey, remove, type Store } from "../src/mod.ts";
import { COLLECTION } from "../src/store/announcements.ts";
import { cutLength } from "../src/store/cut.ts";
import { chunkKey } from "../src/store/store.ts";
import { contentsOf, pagesOf, scratch, seeded, writeCheckpoint } from "./support/checkpoint.ts";
import { NatsServer, noNatsServer } from "./support/nats-server.ts";

// A loaded machine is slow.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describeUnless(noNatsServer, "a store in JetStream", () => {
  const server = new NatsServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());
  const freshStore = async (): Promise<Store> => openStore(await server.connect());

  it("returns what was pushed, byte for byte, with the parents of an incremental checkpoint", async () => {
    const store = await freshStore();
    const place = scratch();
    const random = seeded(1);
    const first = writeCheckpoint(join(place, "first"), pagesOf(300, random));
    const second = writeCheckpoint(join(place, "second"), pagesOf(20, random), { "core-1.img": "core" });
    symlinkSync("../first", join(second, "parent"));
    const pushed = await push(store, second, "web/today.2");
    expect(pushed.size).toBe(320 * 4096 + 2 * "inventory".length + "core".length);
    await pull(store, "web/today.2", join(place, "pulled"));
    // Here `parent` is a link, and there a directory.
    expect(contentsOf(join(place, "pulled"))).toEqual(contentsOf(second));
    expect(contentsOf(join(place, "pulled"))["parent/pages-1.img"]).toBe(contentsOf(first)["pages-1.img"]);
    expect(readdirSync(place).sort()).toEqual(["first", "pulled", "second"]);
    expect(await list(store)).toMatchObject([{ name: "web/today.2", size: pushed.size, encrypted: false }]);
  });

  it("stores a page once, no matter how many checkpoints have it, and where", async () => {
    const store = await freshStore();
    const place = scratch();
    const random = seeded(2);
    const pages = pagesOf(600, random);
    await push(store, writeCheckpoint(join(place, "one"), pages), "one");
    const again = await push(store, writeCheckpoint(join(place, "same"), pages), "same");
    // The body, which has the name, and nothing else.
    expect(again.sent).toBe(1);
    // Ten pages were added in front, and one in the middle was written to.
    pages[300] = pagesOf(1, random)[0] as Uint8Array;
    const changed = await push(store, writeCheckpoint(join(place, "two"), [...pagesOf(10, random), ...pages]), "two");
    expect(changed.sentSize).toBeLessThan(0.25 * changed.size);
    await pull(store, "two", join(place, "pulled"));
    expect(contentsOf(join(place, "pulled"))).toEqual(contentsOf(join(place, "two")));
  });

  it("shows no incomplete push, refuses a name that is in use, and replaces it on request", async () => {
    const store = await freshStore();
    const place = scratch();
    const one = writeCheckpoint(join(place, "one"), pagesOf(100, seeded(3)));
    const broken: Store = {
      ...store,
      names: { ...store.names, update: () => Promise.reject(new Error("the machine lost power")) },
    };
    await expect(push(broken, one, "one")).rejects.toThrow("lost power");
    expect(await list(store)).toEqual([]);
    await expect(pull(store, "one", join(place, "pulled"))).rejects.toMatchObject({ code: "ERR_STORE" });
    // Its chunks are kept for a day, so that the next push continues.
    expect(await collect(store)).toMatchObject({ deleted: 0 });
    expect((await push(store, one, "one")).sent).toBe(0);
    const two = writeCheckpoint(join(place, "two"), pagesOf(100, seeded(4)));
    await expect(push(store, two, "one")).rejects.toThrow("The store already has a checkpoint one");
    await push(store, two, "one", { replace: true });
    await pull(store, "one", join(place, "pulled"));
    expect(contentsOf(join(place, "pulled"))).toEqual(contentsOf(two));
  });

  it("refuses to push a directory without a checkpoint, and to pull into one that has files", async () => {
    const store = await freshStore();
    const place = scratch();
    await expect(push(store, place, "one")).rejects.toThrow(/no inventory.img/);
    await expect(push(store, join(place, "none"), "one")).rejects.toMatchObject({ code: "ERR_IMAGE" });
    const one = writeCheckpoint(join(place, "one"), []);
    mkdirSync(join(one, "sub"));
    await expect(push(store, one, "one")).rejects.toThrow(/sub: it is not a regular file/);
    await push(store, writeCheckpoint(join(place, "two"), []), "two");
    await expect(pull(store, "two", one)).rejects.toMatchObject({ code: "ERR_OPTION" });
    expect(existsSync(join(one, "sub"))).toBe(true);
  });

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

  it("detects a changed chunk, a missing chunk and an exchanged manifest", async () => {
    const store = await freshStore();
    const place = scratch();
    const one = writeCheckpoint(join(place, "one"), pagesOf(50, seeded(5)));
    await push(store, one, "one");
    await push(store, writeCheckpoint(join(place, "two"), pagesOf(50, seeded(6))), "two");
    const other = (await store.names.get("image.two"))?.value ?? new Uint8Array();
    const own = (await store.names.get("image.one"))?.value ?? new Uint8Array();
    await store.names.put("image.one", other);
    await expect(pull(store, "one", join(place, "pulled"))).rejects.toThrow(
      "its manifest belongs to another checkpoint",
    );
    await store.names.put("image.one", own);
    // The longest message has pages.
    const largest = [...(await store.chunks.sequences())].sort((a, b) => b.size - a.size);
    for (const { key } of largest.slice(0, 2)) {
      const changed = Buffer.from((await store.chunks.get(key))?.value ?? []);
      changed[100] = (changed[100] ?? 0) ^ 1;
      await store.chunks.put(key, changed);
    }
    await expect(
      Promise.all(["one", "two"].map((name) => pull(store, name, join(place, `pulled-${name}`)))),
    ).rejects.toThrow(/Chunk [0-9a-f]{64} of the store is damaged/);
    for (const { key } of largest) await store.chunks.purge(key);
    await expect(pull(store, "one", join(place, "pulled"))).rejects.toThrow(/The store has no chunk/);
    expect(existsSync(join(place, "pulled"))).toBe(false);
  });

  it("sees neither contents nor digests of an encrypted checkpoint", async () => {
    const store = await freshStore();
    const place = scratch();
    const file = join(place, "key");
    writeFileSync(file, `${"0123456789abcdef".repeat(4)}\n`, { mode: 0o600 });
    const key = readStoreKey(file);
    const secret = "a secret that must not be seen".repeat(400);
    const one = writeCheckpoint(join(place, "one"), pagesOf(40, seeded(7)), { "core-1.img": secret });
    await push(store, one, "plain");
    const before = (await store.chunks.sequences()).length;
    const pushed = await push(store, one, "sealed", { key });
    // Nothing is shared with the plain one.
    expect(pushed.sent).toBe(pushed.chunks);
    const added = (await store.chunks.sequences()).slice(before);
    expect(added.length).toBe(pushed.sent);
    await remove(store, "plain");
    await collect(store);
    for (const { key } of await store.chunks.sequences()) {
      const value = Buffer.from((await store.chunks.get(key))?.value ?? []).toString("latin1");
      expect(value).not.toContain("secret");
      expect(value).not.toContain("core-1.img");
    }
    await expect(pull(store, "sealed", join(place, "pulled"))).rejects.toThrow("sealed is encrypted");
    const wrong = Buffer.alloc(32, 1);
    await expect(pull(store, "sealed", join(place, "pulled"), { key: wrong })).rejects.toThrow(/Cannot decrypt chunk/);
    await pull(store, "sealed", join(place, "pulled"), { key });
    expect(contentsOf(join(place, "pulled"))).toEqual(contentsOf(one));
    writeFileSync(join(place, "short"), "0123", { mode: 0o600 });
    expect(() => readStoreKey(join(place, "short"))).toThrow("is not a key");
    writeFileSync(join(place, "open"), "0123456789abcdef".repeat(4), { mode: 0o644 });
    expect(() => readStoreKey(join(place, "open"))).toThrow(/Other users can read or change the key/);
  });

  it("survives a crash of the server during a push and during a pull", async () => {
    const store = await freshStore();
    const place = scratch();
    const one = writeCheckpoint(join(place, "one"), pagesOf(1500, seeded(8)));
    let killed: Promise<void> | undefined;
    const killHalfway = ({ done, total }: { readonly done: number; readonly total: number }): void => {
      if (done > total / 2) killed ??= server.kill().then(() => server.start());
    };
    await push(store, one, "one", { onProgress: killHalfway });
    await killed;
    expect(killed).toBeDefined();
    killed = undefined;
    await pull(store, "one", join(place, "pulled"), { onProgress: killHalfway });
    await killed;
    expect(killed).toBeDefined();
    expect(contentsOf(join(place, "pulled"))).toEqual(contentsOf(one));
  });

  it("continues an interrupted pull, and compares what it had already written", async () => {
    const store = await freshStore();
    const place = scratch();
    const one = writeCheckpoint(join(place, "one"), pagesOf(500, seeded(9)));
    await push(store, one, "one");
    await pull(store, "one", join(place, "pulled"));
    const part = join(place, ".pulled.part");
    renameSync(join(place, "pulled"), part);
    truncateSync(join(part, "pages-1.img"), 250 * 4096);
    const bytes = readFileSync(join(part, "pages-1.img"));
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    writeFileSync(join(part, "pages-1.img"), bytes);
    // Of a pull of another checkpoint into this directory.
    writeFileSync(join(part, "core-99.img"), "");
    const { kept, size } = await pull(store, "one", join(place, "pulled"));
    expect(kept).toBeGreaterThan(0.2 * size);
    expect(kept).toBeLessThan(0.5 * size);
    expect(contentsOf(join(place, "pulled"))).toEqual(contentsOf(one));
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

describe("cutLength", () => {
  it("makes chunks of whole pages between the least and the largest size", () => {
    const bytes = Buffer.concat(pagesOf(400, seeded(16)));
    const lengths: number[] = [];
    for (let at = 0; at < bytes.length; at += lengths.at(-1) ?? 0) lengths.push(cutLength(bytes.subarray(at), 0));
    for (const length of lengths.slice(0, -1)) {
      expect(length % 4096).toBe(0);
      expect(length).toBeGreaterThanOrEqual(4 * 4096);
      expect(length).toBeLessThanOrEqual(64 * 4096);
    }
    expect(lengths.length).toBeGreaterThan(10);
    expect(cutLength(new Uint8Array(1024 * 4096), 0)).toBeLessThanOrEqual(64 * 4096);
    expect(cutLength(new Uint8Array(10), 0)).toBe(10);
  });
});

describe("chunkKey", () => {
  it("is a key of a bucket", () => {
    expect(chunkKey("ab01")).toBe("ab.ab01");
  });
});
