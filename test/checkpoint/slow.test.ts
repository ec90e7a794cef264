import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { KillServer } from "./harmless/kill-server.ts";
import { WatchedTree } from "./harmless/watched-tree.ts";

/** About where threads run programs, and at random. */
const STOPS = [0.32, Math.random()];

describeUnless(noRoot, "a tree whose checkpoint is slow", () => {
  let tree: WatchedTree | undefined;
  let server: KillServer | undefined;
  afterEach(() => {
    server?.end();
    tree?.end();
  });
  const start = async () => {
    tree = await WatchedTree.start();
    server = new KillServer(["checkpoint", String(tree.pid), "-D", tree.images, "--leave-running"]);
    const operations = await server.count();
    empty(tree.images);
    return { tree, server, operations };
  };

  it("continues unchanged when the coordinator is stopped for seconds; the checkpoint is complete or fails", async () => {
    const { tree, server, operations } = await start();
    for (const part of STOPS) {
      const operation = Math.ceil(operations * part);
      const { status, killed } = await server.stopBefore(operation);
      const what = `stopped before operation ${operation} of ${operations}`;
      expect(killed, what).toBe(false);
      if (status === 0) expect(readdirSync(tree.images), what).toContain("inventory.img");
      else {
        expect(server.errors, what).toContain("this process was too slow");
        expect(readdirSync(tree.images), what).toEqual([]);
      }
      expect(await tree.findDamage(), what).toBeUndefined();
      empty(tree.images);
    }
  }, 300_000);

  it("continues unchanged when each wait takes a hundred times as long, and the checkpoint is complete", async () => {
    const { tree, server } = await start();
    expect((await server.runSlowly()).status, server.errors).toBe(0);
    expect(readdirSync(tree.images)).toContain("inventory.img");
    expect(await tree.findDamage()).toBeUndefined();
  }, 300_000);
});

function empty(images: string): void {
  for (const name of readdirSync(images)) rmSync(join(images, name), { recursive: true });
}
