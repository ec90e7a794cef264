import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type RestoreEvent, restore } from "@restage/core";
import { decodeEntries } from "@restage/images";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import type { ImageSet } from "./checkpoints.ts";

/** The times of one restore, in milliseconds. */
export interface Sample {
  /** From the call, or the start of the command, until the tree runs. */
  readonly whole: number;
  /** The stages alone. */
  readonly stages: number | undefined;
  /** The time of each stage, if known. */
  readonly perStage: ReadonlyMap<string, number>;
}

export interface Restorer {
  readonly name: string;
  run(checkpoint: ImageSet): Promise<Sample>;
}

const root = fileURLToPath(new URL("../", import.meta.url));
const built = `${root}packages/cli/dist/restage.cjs`;

/** The executable, if it is built. */
export const EXECUTABLE = `${root}packages/cli/dist-executable/restage`;

/** CRIU's command. The time of the stages is from its own statistics. */
export function criuCommand(criu: string, workDirectory: string): Restorer {
  return {
    name: "criu restore",
    async run({ images }) {
      const args = ["restore", "-d", "-D", images, "-W", workDirectory, "-o", "restore.log", "--manage-cgroups=ignore"];
      const whole = timed(criu, args);
      const stats = `${workDirectory}/stats-restore`;
      const [entry] = decodeEntries("stats", readFileSync(stats), "stats-restore");
      rmSync(stats);
      const microseconds = Number(entry?.value.restore?.restore_time ?? 0);
      return { whole, stages: microseconds / 1000, perStage: new Map() };
    },
  };
}

/** Restage's built command on a runtime. */
export function restageCommand(runtime: "node" | "deno" | "bun"): Restorer {
  const [program = "", ...args] = commandOn(runtime);
  return {
    name: { node: "Node", deno: "Deno", bun: "Bun" }[runtime],
    async run({ images }) {
      return {
        whole: timed(program, [...args, "restore", "-d", "-D", images]),
        stages: undefined,
        perStage: new Map(),
      };
    },
  };
}

/** The executable, which contains its runtime: `npm run build:executable`. */
export function restageExecutable(): Restorer {
  return {
    name: "executable",
    async run({ images }) {
      return { whole: timed(EXECUTABLE, ["restore", "-d", "-D", images]), stages: undefined, perStage: new Map() };
    },
  };
}

/** The words that start the built command. */
export function commandOn(runtime: "node" | "deno" | "bun"): readonly string[] {
  return [programOf(runtime), ...(runtime === "deno" ? ["run", "-A"] : []), built];
}

/** The path of the runtime itself. The script that npm installs under its name starts a shell first, and for Deno also Node. */
function programOf(runtime: "node" | "deno" | "bun"): string {
  const installed = runtime === "node" ? runtime : `${root}node_modules/.bin/${runtime}`;
  const words = [...(runtime === "deno" ? ["eval"] : ["-e"]), "console.log(process.execPath)"];
  return execFileSync(installed, words, { encoding: "utf8" }).trim();
}

/** Restage as a library in this process, which has made restores before. */
export function restageInProcess(): Restorer {
  return {
    name: "library",
    async run({ images }) {
      const perStage = new Map<string, number>();
      let started: number | undefined;
      let resumed = 0;
      const onEvent = (event: RestoreEvent) => {
        if (event.kind === "stage-started") started ??= event.time;
        if (event.kind === "stage-left") perStage.set(event.stage, event.milliseconds);
        if (event.kind === "resumed") resumed = event.time;
      };
      const kernel = await openKernel();
      const before = performance.now();
      await restore({ images, detached: true, onEvent }, kernel, defaultPlugins());
      kernel.close();
      return { whole: resumed - before, stages: resumed - (started ?? before), perStage };
    },
  };
}

function timed(program: string, args: readonly string[]): number {
  const before = performance.now();
  const { status, stderr } = spawnSync(program, args, {
    cwd: "/",
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 300_000,
  });
  const milliseconds = performance.now() - before;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return milliseconds;
}
