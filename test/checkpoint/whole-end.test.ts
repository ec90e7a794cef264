import { setTimeout } from "node:timers/promises";
import { readStat } from "@restage/linux";
import { afterEach, expect, it } from "vitest";
import { tasks } from "../support/leftovers.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { until } from "../support/until.ts";
import { KillServer } from "./harmless/kill-server.ts";
import { WatchedTree } from "./harmless/watched-tree.ts";

/** Each kill needs a tree and a command of its own. */
const TIME = process.env["RESTAGE_EVERY_OPERATION"] === "1" ? 300_000 : 20_000;
/** Which operations before the last one are tried: those around the calls that kill each process. After them only ends are waited for. */
const TRIED = { least: 18, most: 36 } as const;

describeUnless(noRoot, "a tree that is to end with its checkpoint", () => {
  let tree: WatchedTree | undefined;
  let server: KillServer | undefined;
  const end = () => {
    server?.end();
    tree?.end();
  };
  afterEach(end);

  it(
    "ends or continues as a whole, wherever the checkpoint is killed",
    async () => {
      const start = async () => {
        end();
        tree = await WatchedTree.start();
        server = new KillServer(["checkpoint", String(tree.pid), "-D", tree.images]);
        return { tree, server };
      };
      const operations = await (await start()).server.count();
      const outcomes: string[] = [];
      const over = performance.now() + TIME;
      for (const operation of tried(operations)) {
        if (performance.now() > over) break;
        const now = await start();
        const pids = now.tree.tasks();
        expect(pids.length).toBeGreaterThan(2);
        await now.server.killBefore(operation);
        await until(() => ![...tasks()].some((line) => line.includes("restage-stub")), "the janitor has ended");
        // On a busy machine, those that were killed take a while to end.
        const end = performance.now() + 5_000;
        let alive = pids;
        do {
          await setTimeout(50);
          alive = pids.filter((pid) => !["Z", "X", undefined].includes(readStat(pid)?.state));
        } while (alive.length > 0 && alive.length < pids.length && performance.now() < end);
        outcomes.push(
          alive.length === 0
            ? "ended"
            : alive.length === pids.length
              ? "continues"
              : `of ${pids.length} tasks ${alive.length} are left`,
        );
        for (const pid of alive) if (alive.length < pids.length) process.kill(pid, "SIGKILL");
      }
      console.log(`killed before ${outcomes.length} operations`);
      expect(outcomes.filter((outcome) => outcome.startsWith("of"))).toEqual([]);
      expect(outcomes.length).toBeGreaterThan(0);
    },
    TIME + 120_000,
  );
});

/** In random order. */
function tried(operations: number): readonly number[] {
  return Array.from({ length: TRIED.most - TRIED.least }, (_, n) => ({
    operation: operations - TRIED.least - n,
    order: Math.random(),
  }))
    .sort((a, b) => a.order - b.order)
    .map(({ operation }) => operation);
}
