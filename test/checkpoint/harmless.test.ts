import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { missing, ROOT } from "../support/restage.ts";
import { WatchedTree } from "./harmless/watched-tree.ts";

const HOOK = join(import.meta.dirname, "harmless/kill-at.cjs");
const COMMAND = join(ROOT, "packages/cli/dist/restage.js");
/** All operations of a checkpoint are tried, or a sample of other ones each time, in random order for as long as the suite can wait. */
const ALL = process.env["RESTAGE_EVERY_OPERATION"] === "1";
const TIME = ALL ? 3_600_000 : 60_000;

/** Makes a checkpoint with --leave-running whose process is killed before its n-th operation that changes anything; 0 for a whole one. */
function checkpoint(
  { pid, images }: WatchedTree,
  operation: number,
  environment: Readonly<Record<string, string>> = {},
) {
  const words = ["--require", HOOK, COMMAND, "checkpoint", String(pid), "-D", images, "--leave-running"];
  const env = { ...process.env, RESTAGE_KILL_AT: String(operation), ...environment };
  return spawnSync(process.execPath, words, { encoding: "utf8", timeout: 300_000, env });
}

describe.skipIf(missing !== undefined)("a tree whose checkpoint is killed", () => {
  let tree: WatchedTree | undefined;
  afterEach(() => tree?.end());

  it(
    "continues unchanged, wherever that happens, and can be checkpointed again",
    async () => {
      tree = await WatchedTree.start();
      const counted = join(tree.images, "../count");
      const whole = checkpoint(tree, 0, { RESTAGE_COUNT: counted });
      expect(whole.status, whole.stderr).toBe(0);
      const operations = Number(readFileSync(counted, "utf8"));
      const damages: string[] = [];
      const end = performance.now() + TIME;
      let tried = 0;
      for (const operation of shuffled(operations)) {
        if (performance.now() > end) break;
        const { signal, status, stderr } = checkpoint(tree, operation);
        // One that finds the tree otherwise needs fewer operations.
        if (signal !== "SIGKILL" && status !== 0) damages.push(`operation ${operation}: ${stderr}`);
        tried++;
        const damage = await tree.findDamage();
        if (damage === undefined) continue;
        damages.push(`killed before operation ${operation} of ${operations}: ${damage}`);
        tree.end();
        tree = await WatchedTree.start();
      }
      console.log(`killed before ${tried} of ${operations} operations; mappings left: ${tree.leftMappings()}`);
      expect(damages).toEqual([]);
      const last = checkpoint(tree, 0);
      expect(last.status, last.stderr).toBe(0);
      expect(await tree.findDamage()).toBeUndefined();
    },
    TIME + 60_000,
  );
});

function shuffled(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => ({ number: index + 1, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ number }) => number);
}
