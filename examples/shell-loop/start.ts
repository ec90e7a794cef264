// Starts a shell loop with a child, checkpoints it, and restores it: it continues where it was.
//
//   npm start                                  (on Deno: npm run start:deno, on Bun: npm run start:bun)
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  forbiddenWithoutRoot,
  inNewDirectory,
  isRoot,
  restage,
  runExample,
  runs,
  startInBackground,
} from "../support.ts";

/** Counts in the memory of the shell. A child reads the numbers from a pipe and writes them to the log. */
const PROGRAM = `
n=0
while true; do
  n=$((n + 1))
  echo "the shell has counted to $n"
  sleep 0.2
done | while read line; do
  echo "$line"
done >> log
`;

function obstacle(): string | undefined {
  if (spawnSync("bash", ["--version"]).status !== 0) return "This example needs bash.";
  const forbidden = isRoot ? undefined : forbiddenWithoutRoot();
  if (forbidden === undefined) return undefined;
  return `Without root, Restage needs ptrace and user namespaces, which these kernel
settings restrict:
${forbidden}
Run \`sudo npm start\`, or ask the administrator to change the settings.`;
}

async function countAndContinue(place: string): Promise<void> {
  const log = join(place, "log");
  const images = join(place, "checkpoint");
  const lastLine = () => (existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").at(-1) : undefined) ?? "";
  const counted = () => Number(/\d+$/.exec(lastLine())?.[0]);
  const watch = async (seconds: number) => {
    for (let look = 0; look < seconds; look++) {
      await sleep(1000);
      console.log(`  ${lastLine()}`);
    }
  };

  const pid = startInBackground(place, "bash", "-c", PROGRAM);
  let end = pid;
  try {
    console.log(`A shell loop with a child is running as process ${pid}:`);
    await watch(2);

    mkdirSync(images);
    await restage(place, "checkpoint", String(pid), "-v3", "-D", "checkpoint");
    if (runs(pid)) throw new Error(`Process ${pid} still exists.`);
    const before = counted();
    console.log(`Process ${pid} no longer exists, and nothing counts:`);
    await watch(2);

    // Only root can choose pids. For others, the tree keeps its pids in a new pid namespace, inside a user namespace.
    const how = isRoot ? [] : ["--unprivileged"];
    await restage(place, "restore", "-d", "-v3", ...how, "--pidfile", "pid", "-D", "checkpoint");
    end = Number(readFileSync(join(images, "pid"), "utf8"));
    const where = end === pid ? "" : ` in its own pid namespace (${end} outside)`;
    console.log(`Process ${pid} runs again${where} and continues:`);
    await watch(3);
    if (!(counted() > before)) throw new Error(`The shell has stopped counting at ${counted()}.`);
  } finally {
    if (runs(end)) process.kill(-end, "SIGKILL");
  }
  console.log(`
The demo has ended it. What to try next:
  npm run example             a list of all examples
  npm run example web-server  a web server that remembers its visitors
  README.md                   the command, and a plugin in 20 lines`);
}

await runExample(() => inNewDirectory(countAndContinue), obstacle);
