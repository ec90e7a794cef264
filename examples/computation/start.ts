// Checkpoints a Python program while it computes the digits of pi, and restores it: it continues computing.
//
//   npm run example computation
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { end, inNewDirectory, needsRoot, restage, runExample, startInBackground } from "../support.ts";

const program = fileURLToPath(new URL("digits.py", import.meta.url));

async function compute(place: string): Promise<void> {
  const digits = () => (existsSync(join(place, "digits")) ? readFileSync(join(place, "digits"), "utf8") : "");
  const count = () => digits().length / 2;
  const reach = async (goal: number) => {
    for (let tries = 0; tries < 600 && count() < goal; tries++) await sleep(50);
    if (count() < goal) throw new Error(`It computed only ${count()} digits.`);
  };
  const pid = startInBackground(place, "python3", program);
  try {
    await reach(1000);
    mkdirSync(join(place, "checkpoint"));
    await restage(place, "checkpoint", String(pid), "-D", "checkpoint");
    const before = count();
    console.log(`Checkpointed and killed after ${before} digits of pi.`);
    await restage(place, "restore", "-d", "-D", "checkpoint");
    await reach(before + 1000);
    const text = digits().replaceAll("\n", "");
    console.log(`Restored. Digits ${before + 1} to ${before + 10} are ${text.slice(before, before + 10)}.`);
    if (!isPi(text.slice(0, before + 1000))) throw new Error("These are not the digits of pi.");
    console.log("All digits are correct.");
  } finally {
    await end(pid);
  }
}

/** Computes pi in another way, 16 arctan(1/5) - 4 arctan(1/239), and compares. */
function isPi(digits: string): boolean {
  const one = 10n ** BigInt(digits.length + 10);
  const arctanOfInverse = (x: bigint) => {
    let sum = 0n;
    let power = one / x;
    for (let n = 1n; power !== 0n; n += 2n) {
      sum += n % 4n === 1n ? power / n : -power / n;
      power /= x * x;
    }
    return sum;
  };
  return (16n * arctanOfInverse(5n) - 4n * arctanOfInverse(239n)).toString().startsWith(digits);
}

function obstacle(): string | undefined {
  const hasPython = spawnSync("python3", ["--version"]).status === 0;
  return hasPython ? needsRoot() : "This example needs python3.";
}

await runExample(() => inNewDirectory(compute), obstacle);
