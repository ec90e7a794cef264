import { afterEach, expect, it } from "vitest";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { empty, KillServer } from "./harmless/kill-server.ts";
import { WatchedTree } from "./harmless/watched-tree.ts";

/** All operations of a checkpoint are tried, or a sample of other ones each time, in random order for as long as the suite can wait. */
const ALL = process.env["RESTAGE_EVERY_OPERATION"] === "1";
const TIME = ALL ? 3_600_000 : 20_000;
/** A thread that was left away from its code goes home after five seconds, or when the next checkpoint stops it: both are tried. */
const KILLS_PER_CHECK = 10;

describeUnless(noRoot, "a tree whose checkpoint is killed", () => {
  let tree: WatchedTree | undefined;
  let server: KillServer | undefined;
  afterEach(() => {
    server?.end();
    tree?.end();
  });

  it(
    "continues unchanged, wherever that happens, and can be checkpointed again",
    async () => {
      const start = async () => {
        server?.end();
        tree?.end();
        tree = await WatchedTree.start();
        server = new KillServer(["checkpoint", String(tree.pid), "-D", tree.images, "--leave-running"]);
        return { tree, server };
      };
      let now = await start();
      const operations = await now.server.count();
      const damages: string[] = [];
      const end = performance.now() + TIME;
      let tried: number[] = [];
      let count = 0;
      for (const operation of shuffled(operations)) {
        if (performance.now() > end) break;
        empty(now.tree.images);
        const { killed, status } = await now.server.killBefore(operation);
        // One that finds the tree otherwise needs fewer operations.
        if (!killed && status !== 0) damages.push(`operation ${operation}: ${now.server.errors}`);
        tried.push(operation);
        count++;
        if (tried.length < KILLS_PER_CHECK && count < operations) continue;
        const damage = await now.tree.findDamage();
        if (damage !== undefined) {
          damages.push(`killed before operations ${tried.join(", ")} of ${operations}: ${damage}`);
          now = await start();
        }
        tried = [];
      }
      console.log(`killed before ${count} of ${operations} operations; mappings left: ${now.tree.leftMappings()}`);
      expect(damages).toEqual([]);
      expect(count).toBeGreaterThan(0);
      empty(now.tree.images);
      await now.server.count();
      expect(await now.tree.findDamage()).toBeUndefined();
    },
    TIME + 300_000,
  );
});

function shuffled(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => ({ number: index + 1, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ number }) => number);
}
