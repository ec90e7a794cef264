// Restores the checkpoint of a program that counts, shows the stages as they pass, and shows that it counts on.
//
//   npm start
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CHECKPOINT, cleanUp, lastCount, PID, place } from "./place.ts";

const restage = fileURLToPath(new URL("../../packages/cli/dist/restage.js", import.meta.url));

function obstacle(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64")
    return "Restage restores on Linux on x86_64 only, so far.";
  if (process.getuid?.() !== 0) return "A restore sets pids and clocks, which only root may: run `sudo npm start`.";
  if (existsSync(`/proc/${PID}`)) {
    return `The checkpoint's pid ${PID} is in use here (see \`ps -p ${PID}\`): end that process, or wait until it is gone, and try again.`;
  }
  return undefined;
}

/** Runs the command as a user would, on this terminal. */
async function run(...args: readonly string[]): Promise<number> {
  console.log(`\n$ restage ${args.join(" ")}`);
  const child = spawn(process.execPath, [restage, ...args], { stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
}

async function demonstrate(): Promise<number> {
  place();
  console.log(`A program that counts was checkpointed with CRIU. The last number it wrote: ${lastCount()}.`);
  const code = await run("restore", "--restore-detached", "--verbosity", "3", "--images-dir", CHECKPOINT);
  if (code !== 0) return code;
  for (let look = 0; look < 3; look++) {
    console.log(`It runs again as process ${PID}, and has counted on to ${lastCount()}.`);
    await sleep(1000);
  }
  process.kill(PID, "SIGKILL");
  console.log(`
It was ended again. What to try next:
  node packages/cli/dist/restage.js plan -D examples/counter/checkpoint
  node packages/cli/dist/restage.js inspect -D examples/counter/checkpoint
  the ten-line plugin in README.md`);
  return 0;
}

const reason = obstacle();
if (reason === undefined) {
  try {
    process.exitCode = await demonstrate();
  } finally {
    cleanUp();
  }
} else {
  console.error(reason);
  process.exitCode = 1;
}
