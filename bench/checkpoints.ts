import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openImageDirectory, readEntries } from "@restage/images";
import { CHECKPOINT as COUNTER, cleanUp, place } from "../examples/counter/place.ts";
import { cleanUp as cleanUpServer, IN_NAMESPACES, place as placeServer } from "../examples/server/place.ts";

/** A checkpoint that can be restored repeatedly. */
export interface ImageSet {
  readonly name: string;
  readonly images: string;
  readonly pids: readonly number[];
  /** Puts files back as they were. */
  readonly prepare: () => void;
  readonly cleanUp: () => void;
}

const programs = fileURLToPath(new URL("./programs", import.meta.url));

/** High pids, which are rarely in use. */
export const FIRST_PID = 29000;

/** The names of all checkpoints, smallest first. */
export const NAMES = ["counter", "namespaces", "tree of 64", "tree of 1000", "1 GiB"] as const;

/** Makes a checkpoint, dumping a program with CRIU unless it is an example's. */
export async function dump(name: string, criu: string, directory: string): Promise<ImageSet> {
  if (name === "counter") return checkpoint(name, COUNTER, place, cleanUp);
  if (name === "namespaces") return checkpoint(name, IN_NAMESPACES, placeServer, cleanUpServer);
  const images = `${directory}/${name.replaceAll(" ", "-")}`;
  mkdirSync(images, { recursive: true });
  start(name, directory);
  execFileSync(criu, ["dump", "-t", String(FIRST_PID), "-D", images, "--manage-cgroups=ignore", "-o", "dump.log"], {
    timeout: 300_000,
    stdio: "ignore",
  });
  const made = checkpoint(
    name,
    images,
    () => {},
    () => {},
  );
  await freed(made.pids);
  return made;
}

/** Starts the program of a checkpoint, built in a directory. Returns its pids. */
export function start(name: string, directory: string): readonly number[] {
  const [program, ...words] = programOf(name);
  const built = `${directory}/${program}`;
  if (!existsSync(built)) execFileSync("gcc", ["-O2", "-o", built, `${programs}/${program}.c`]);
  execFileSync(built, [...words, String(FIRST_PID)], { timeout: 60_000 });
  const tasks = program === "tree" ? Number(words[0]) : 1;
  return Array.from({ length: tasks }, (_, index) => FIRST_PID + index);
}

/** The program of a checkpoint, and its arguments before the pid. */
function programOf(name: string): readonly [string, ...string[]] {
  const [, tasks] = /^tree of (\d+)$/.exec(name) ?? [];
  if (tasks !== undefined) return ["tree", tasks];
  const [, size = "", what = ""] = /^(\d+) (\w+)$/.exec(name) ?? [];
  if (what === "MiB" || what === "GiB") return ["memory", String(Number(size) * (what === "GiB" ? 1024 : 1))];
  if (["mappings", "descriptors", "sockets"].includes(what)) return ["many", what, size];
  throw new Error(`There is no checkpoint ${name}`);
}

function checkpoint(name: string, images: string, prepare: () => void, cleanUp: () => void): ImageSet {
  const pids = readEntries(openImageDirectory(images), "pstree").map(({ value }) => value.pid);
  return { name, images, pids, prepare, cleanUp };
}

/** Ends the tasks of a restored checkpoint and waits until their pids are free. */
export async function end({ pids }: Pick<ImageSet, "pids">): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It was not restored.
    }
  }
  await freed(pids);
}

async function freed(pids: readonly number[]): Promise<void> {
  const held = new Set(pids.map(String));
  for (let tries = 0; tries < 1500; tries++) {
    if (!readdirSync("/proc").some((name) => held.has(name))) {
      // The kernel frees the pid of a process that has disappeared only when it has dropped what it cached of its files in /proc.
      await sleep(100);
      return;
    }
    await sleep(20);
  }
  throw new Error(
    `Pids of the last restore are still in use: ${pids.filter((pid) => existsSync(`/proc/${pid}`)).join(", ")}`,
  );
}
