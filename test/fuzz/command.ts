/**
 * Restores checkpoints with one odd field each, for real, in namespaces of their own: `npm run fuzz -- --count 5000 --seed 1 --seconds 3600`. Ends with 1 if a
 * restore crashed, hung, left something, or failed with an unclear error. `--count 1` with the seed that it prints repeats one case. Needs root.
 */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "5000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    seconds: { type: "string", default: "3600" },
  },
});
const [seed, count, seconds] = [values.seed, values.count, values.seconds].map(Number) as [number, number, number];
console.log(`seeds ${seed} to ${seed + count - 1}, for at most ${seconds} s`);
const { restored, refused, problems } = await fuzz(
  { seed, count, seconds, patience: 10_000, leaves: false },
  console.log,
);
console.log(`${restored} restored, ${refused} refused, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
