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
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { describeUnless } from "../../../test/support/requirements.ts";
import { collect, list, openStore, pull, push, readStoreKey, remove, type Store } from "../src/mod.ts";
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
});
