/**
 * Kills checkpoints at random moments and looks whether the tree goes on as it was: `npm run soak -- --kills 2000 --seconds 600`. Ends at whichever comes first, with
 * exit code 1 when a tree was damaged. Needs root and the built command.
 */
import { parseArgs } from "node:util";
import { WatchedTree } from "./harmless/watched-tree.ts";
import { checkpointAndKill } from "./killing.ts";

/** A tree is replaced by a new one now and then, so that its age does not matter. */
const KILLS_PER_TREE = 100;

const { values } = parseArgs({
  options: { kills: { type: "string", default: "2000" }, seconds: { type: "string", default: "600" } },
});
const most = Number(values.kills);
const end = performance.now() + 1000 * Number(values.seconds);

let kills = 0;
let damaged = 0;
let completed = 0;
/** How long a checkpoint holds the tree, in milliseconds. */
let whole = 100;

while (kills < most && performance.now() < end) {
  const tree = await WatchedTree.start();
  let damage: string | undefined;
  for (let n = 0; n < KILLS_PER_TREE && kills < most && performance.now() < end && damage === undefined; n++) {
    const { killed, milliseconds } = await checkpointAndKill(tree, n === 0 ? undefined : whole * Math.random());
    if (killed) kills++;
    else completed++;
    if (n === 0) whole = milliseconds;
    damage = await tree.findDamage();
  }
  if (damage !== undefined) {
    damaged++;
    console.log(`damaged after ${kills} kills: ${damage}`);
  }
  tree.end();
  console.log(`${kills} kills, ${damaged} damaged trees, ${completed} checkpoints that came to their end`);
}
process.exitCode = damaged > 0 ? 1 : 0;
