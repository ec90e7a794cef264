// Measures how long container engines take to restore a container: `CRIU=PATH npm run bench:containers [-- --runs N --case NAME --json FILE]`, as root,
// with podman and runc. The engines find another `criu` each time: CRIU, Restage's executable, and Restage on Node. CRIU makes the checkpoints.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { archiveRootDirectory, preparePodman, removeStorage } from "../test/containers/podman-place.ts";
import { makeRootDirectory } from "../test/containers/root-directory.ts";
import { benchmark, inTurns, withWarmCriu } from "./benchmark.ts";
import { commandOn, EXECUTABLE } from "./restorers.ts";
import { printRows, type Row, rowOf } from "./results.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "9" },
    case: { type: "string", multiple: true },
    json: { type: "string" },
  },
});

const COUNT = ["/bin/sh", "-c", "n=0; while :; do n=$((n+1)); echo $n; sleep 0.2; done"];
const NAME = "restage-bench";
/** What an engine says of its errors. Its own streams become those of the container. */
const LOG = "log";

/** A running container. */
interface Container {
  /** Makes a checkpoint that ends it, with CRIU. */
  save(): void;
  /** Restores it with the first `criu` of a PATH. */
  restore(path: string): void;
  end(): void;
}

const ENGINES: Readonly<Record<string, (place: string, path: string) => Container>> = {
  "podman container restore": startWithPodman,
  "runc restore": startWithRunc,
};

await withWarmCriu(() => benchmark(Object.keys(ENGINES), values, measure));

async function measure(name: string, directory: string, criu: string): Promise<readonly Row[]> {
  const start = ENGINES[name];
  if (start === undefined) throw new Error(`There is no case ${name}`);
  const place = join(directory, name.replaceAll(" ", "-"));
  mkdirSync(place);
  const paths = pathsTo(criu, place);
  const samples = new Map(paths.map(({ tool }) => [tool, [] as { whole: number }[]]));
  let container: Container | undefined;
  try {
    container = start(place, paths[0]?.path ?? "");
    for (const { tool, path } of inTurns(paths, Number(values.runs))) {
      await sleep(300);
      container.save();
      const before = performance.now();
      container.restore(path);
      samples.get(tool)?.push({ whole: performance.now() - before });
    }
  } finally {
    container?.end();
    // A podman that cleans up after the container can still use it.
    for (let tries = 0; tries < 100 && !removeStorage(place); tries++) await sleep(100);
  }
  const rows = [...samples].map(([tool, taken]) => rowOf(name, tool, taken));
  printRows(rows);
  return rows;
}

/** Values of PATH that find each `criu` first. */
function pathsTo(criu: string, place: string): readonly { readonly tool: string; readonly path: string }[] {
  const directoryOf = (name: string) => join(place, name);
  mkdirSync(directoryOf("criu"));
  symlinkSync(criu, join(directoryOf("criu"), "criu"));
  run([EXECUTABLE, "install-criu", directoryOf("executable")], place);
  run([...commandOn("node"), "install-criu", directoryOf("node")], place);
  const tools = [
    ["CRIU", "criu"],
    ["executable", "executable"],
    ["Node", "node"],
  ] as const;
  return tools.map(([tool, name]) => ({ tool, path: `${directoryOf(name)}:${process.env["PATH"]}` }));
}

function startWithPodman(place: string, pathToCriu: string): Container {
  const variables = preparePodman(place);
  const podman = (words: readonly string[], PATH = process.env["PATH"]) =>
    run(["sh", "-c", `exec podman "$@" 2>${LOG}`, "podman", ...words], place, { ...process.env, ...variables, PATH });
  podman(["import", "--quiet", archiveRootDirectory(place), "busybox"]);
  podman(["run", "--detach", "--network=none", "--name", NAME, "busybox", ...COUNT]);
  return {
    save: () => podman(["container", "checkpoint", NAME], pathToCriu),
    restore: (path) => podman(["container", "restore", NAME], path),
    end: () => podman(["rm", "--force", "--time", "0", NAME]),
  };
}

function startWithRunc(place: string, pathToCriu: string): Container {
  makeRootDirectory(join(place, "rootfs"));
  const runc = (words: readonly string[], PATH = process.env["PATH"]) =>
    run(["runc", "--log", LOG, "--root", join(place, "state"), ...words], place, { ...process.env, PATH });
  runc(["spec"]);
  const file = join(place, "config.json");
  const spec = JSON.parse(readFileSync(file, "utf8"));
  Object.assign(spec.process, { args: COUNT, terminal: false, rlimits: [] });
  writeFileSync(file, JSON.stringify(spec));
  runc(["run", "--detach", NAME]);
  return {
    save: () => runc(["checkpoint", "--image-path", "images", NAME], pathToCriu),
    restore: (path) => runc(["restore", "--detach", "--image-path", "images", NAME], path),
    end: () => runc(["delete", "--force", NAME]),
  };
}

/** Runs a command that must succeed. */
function run([program = "", ...words]: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): void {
  const { status, error } = spawnSync(program, words, { cwd, env, stdio: "ignore", timeout: 120_000 });
  if (status === 0) return;
  const log = join(cwd, LOG);
  const reason = existsSync(log) ? readFileSync(log, "utf8") : "";
  throw new Error(`${program} ${words.join(" ")} ended with ${status}: ${reason}`, { cause: error });
}
