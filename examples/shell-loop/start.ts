// The whole story: a shell loop with a child is started, checkpointed, and is gone; it is restored, and goes on where it was.
//
//   npm start                                  (on Deno: npm run start:deno, on Bun: npm run start:bun)
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { forbiddenWithoutRoot, inNewDirectory, isRoot, restage, runs, startInBackground, tell } from "../story.ts";

/** Counts in the shell's own memory, and lets a child, through a pipe, write what it is told. */
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
  if (spawnSync("bash", ["--version"]).status !== 0) return "The story is that of a shell: bash is needed.";
  const forbidden = isRoot ? undefined : forbiddenWithoutRoot();
  if (forbidden === undefined) return undefined;
  return `Without root a process is stopped by ptrace, and restored into a user
namespace. Here the kernel allows other users no such thing:
${forbidden}
Run \`sudo npm start\`, or have these settings changed.`;
}

async function tellStory(place: string): Promise<void> {
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
    console.log(`A shell loop with children runs, as process ${pid}:`);
    await watch(2);

    mkdirSync(images);
    await restage(place, "checkpoint", String(pid), "-v3", "-D", "checkpoint");
    if (runs(pid)) throw new Error(`Process ${pid} is still there.`);
    const before = counted();
    console.log(`It is gone: there is no process ${pid}, and nothing is counted:`);
    await watch(2);

    // Pids are free to choose for root only; others get a pid namespace, in a user namespace, where they are as they were.
    const how = isRoot ? [] : ["--unprivileged"];
    await restage(place, "restore", "-d", "-v3", ...how, "--pidfile", "pid", "-D", "checkpoint");
    end = Number(readFileSync(join(images, "pid"), "utf8"));
    const where = end === pid ? "" : ` in a namespace of its own, ${end} out here`;
    console.log(`It runs again, as process ${pid}${where}, and goes on:`);
    await watch(3);
    if (!(counted() > before)) throw new Error(`The shell stands at ${counted()}.`);
  } finally {
    if (runs(end)) process.kill(-end, "SIGKILL");
  }
  console.log(`
It was ended again. What to try next:
  npm run example             the examples, as a story
  npm run example web-server  a web server that still knows its visitors
  README.md                   the command, and a plugin in 20 lines`);
}

await tell(() => inNewDirectory(tellStory), obstacle);
