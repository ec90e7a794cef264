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
const FIRST_PID = 29000;

/** The names of all checkpoints, smallest first. */
export const NAMES = ["counter", "namespaces", "tree of 64", "tree of 1000", "1 GiB"] as const;

/** Makes a checkpoint, dumping a program with CRIU unless it is an example's. */
export async function dump(name: string, criu: string, directory: string): Promise<ImageSet> {
  if (name === "counter") return checkpoint(name, COUNTER, place, cleanUp);
  if (name === "namespaces") return checkpoint(name, IN_NAMESPACES, placeServer, cleanUpServer);
  const [, tasks] = /^tree of (\d+)$/.exec(name) ?? [];
  const [program, size] = tasks === undefined ? ["memory", "1024"] : ["tree", tasks];
  const images = `${directory}/${name.replaceAll(" ", "-")}`;
  const built = `${directory}/${program}`;
  if (!existsSync(built)) execFileSync("gcc", ["-O2", "-o", built, `${programs}/${program}.c`]);
  mkdirSync(images, { recursive: true });
  execFileSync(built, [size ?? "1", String(FIRST_PID)], { timeout: 60_000 });
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
    if (!readdirSync("/proc").some((name) => held.has(name))) return;
    await sleep(20);
  }
  throw new Error(
    `Pids of the last restore are still in use: ${pids.filter((pid) => existsSync(`/proc/${pid}`)).join(", ")}`,
  );
}
