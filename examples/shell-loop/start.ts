// The whole story: a shell loop with a child is started, checkpointed, and is gone; it is restored, and goes on where it was.
//
//   npm start
import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

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

const restage = fileURLToPath(new URL("../../packages/cli/dist/restage.js", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "restage-story-"));
const log = join(place, "log");
const images = join(place, "checkpoint");

/** The last line that the shell has written. */
const lastLine = () => readFileSync(log, "utf8").trimEnd().split("\n").at(-1);
const counted = () => Number(/\d+$/.exec(lastLine() ?? "")?.[0]);

function obstacle(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return "Restage works on Linux on x86_64 only, so far.";
  if (process.getuid?.() !== 0)
    return "To stop and to make processes with chosen pids takes root: run `sudo npm start`.";
  if (spawnSync("bash", ["--version"]).status !== 0) return "The story is that of a shell: bash is needed.";
  return undefined;
}

function startShell(): number {
  const output = openSync(join(place, "messages"), "a");
  const shell = spawn("bash", ["-c", PROGRAM], { cwd: place, detached: true, stdio: ["ignore", output, output] });
  closeSync(output);
  shell.unref();
  return shell.pid ?? 0;
}

/** Runs the command as a user would, on this terminal. */
async function run(...args: readonly string[]): Promise<void> {
  console.log(`\n$ restage ${args.join(" ")}`);
  const child = spawn(process.execPath, [restage, ...args], { stdio: ["ignore", "inherit", "inherit"] });
  const code = await new Promise((resolve) => child.on("exit", resolve));
  if (code !== 0) throw new Error(`restage ended with ${code}`);
}

async function watch(seconds: number): Promise<void> {
  for (let look = 0; look < seconds; look++) {
    await sleep(1000);
    console.log(`  ${lastLine()}`);
  }
}

async function tellStory(): Promise<void> {
  const pid = startShell();
  console.log(`A shell loop with two children runs, as process ${pid}:`);
  await watch(2);

  mkdirSync(images);
  await run("checkpoint", String(pid), "-D", images);
  const before = counted();
  console.log(`It is gone: ${existsSync(`/proc/${pid}`) ? "no, it is still there" : `there is no process ${pid}`}.`);
  await sleep(1000);

  await run("restore", "--restore-detached", "--verbosity", "3", "--images-dir", images);
  try {
    console.log(`It runs again as process ${pid}, and goes on after ${before}:`);
    await watch(3);
    if (!(counted() > before)) throw new Error(`the shell stands at ${counted()}`);
  } finally {
    process.kill(-pid, "SIGKILL");
  }
  console.log(`
It was ended again. What to try next:
  npx jiti examples/clones/start.ts       five clones of one checkpoint side by side
  npx jiti examples/web-server/start.ts   a Node web server keeps its visitors
  the plugins in README.md, and docs/plugin-guide.md`);
}

const reason = obstacle();
if (reason === undefined) {
  try {
    await tellStory();
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
} else {
  console.error(reason);
  process.exitCode = 1;
  rmSync(place, { recursive: true, force: true });
}
