import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { allPids, textOf } from "../support/proc.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";
import { directoryOf, type Program } from "./programs.ts";
import { makeRootDirectory } from "./root-directory.ts";

/** Its name in documentation: one with a shell and small programs. */
const IMAGE = "busybox";

/** A podman with storage, state and locks of its own. Its containers end with the test. */
export class Podman {
  readonly #place = temporaryDirectory("podman");
  readonly #directories = new Map<Program, string>();

  constructor() {
    const path = (name: string) => join(this.#place, name);
    const engine = {
      cgroup_manager: "cgroupfs",
      events_logger: "file",
      lock_type: "file",
      runtime: "runc",
      static_dir: path("static"),
      tmp_dir: path("tmp"),
      volume_path: path("volumes"),
    };
    // Podman raises limits otherwise, which takes CAP_SYS_RESOURCE.
    const limits = ["nofile=1024:1024", "nproc=4096:4096"];
    writeFileSync(
      path("containers.conf"),
      `[containers]\ndefault_ulimits = ${JSON.stringify(limits)}\n${toml({ engine, network: { network_config_dir: path("networks") } })}`,
    );
    const storage = { driver: "overlay", graphroot: path("storage"), runroot: path("run") };
    writeFileSync(path("storage.conf"), toml({ storage }));
    mkdirSync(path("networks"));
    makeRootDirectory(path("root"));
    this.#succeed(spawnSync("tar", ["-C", path("root"), "-cf", path("root.tar"), "."], { encoding: "utf8" }));
    onTestFinished(async () => {
      this.try("rm", "--all", "--force", "--time", "0");
      // Its monitor starts another podman, which cleans up after a container, and nobody waits for that one.
      await until(() => processesIn(this.#place).length === 0, "podman's processes have ended");
      await until(() => isRemoved(path("storage")), "podman's storage is removed");
    });
    this.do("import", path("root.tar"), IMAGE);
  }

  /** Runs commands in a shell that stops at the first failure. Returns what they print. */
  shell(criu: Program, commands: string): string {
    return this.#succeed(this.#run(["bash", "-ec", commands], this.#pathTo(criu))).stdout;
  }

  /** Starts a container that runs a script in its shell. Returns its id. */
  run(script: string, ...flags: readonly string[]): string {
    const network = flags.some((flag) => flag.startsWith("--network")) ? [] : ["--network=none"];
    return this.do("run", "--detach", ...network, ...flags, IMAGE, "/bin/sh", "-c", script);
  }

  /** Runs a command of podman that must succeed. Returns what it prints. */
  do(...words: readonly string[]): string {
    return this.#succeed(this.try(...words)).stdout.trim();
  }

  /** Runs a command that must succeed with another `criu`. Returns what it prints. */
  doWith(criu: Program, ...words: readonly string[]): string {
    return this.#succeed(this.tryWith(criu, ...words)).stdout.trim();
  }

  /** Runs a command of podman. */
  try(...words: readonly string[]): SpawnSyncReturns<string> {
    return this.#run(["podman", ...words], process.env["PATH"] ?? "");
  }

  /** Runs a command with another `criu`. */
  tryWith(criu: Program, ...words: readonly string[]): SpawnSyncReturns<string> {
    return this.#run(["podman", ...words], this.#pathTo(criu));
  }

  #pathTo(criu: Program): string {
    const directory = this.#directories.get(criu) ?? directoryOf(criu);
    this.#directories.set(criu, directory);
    return `${directory}:${process.env["PATH"]}`;
  }

  #run([program = "", ...words]: readonly string[], PATH: string): SpawnSyncReturns<string> {
    const place = this.#place;
    const configuration = {
      CONTAINERS_CONF: join(place, "containers.conf"),
      CONTAINERS_STORAGE_CONF: join(place, "storage.conf"),
    };
    const env = { ...process.env, ...configuration, PATH };
    return spawnSync(program, words, {
      cwd: place,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
  }

  #succeed(result: SpawnSyncReturns<string>): SpawnSyncReturns<string> {
    expect(result.status, `${result.error ?? ""}${result.stderr}`).toBe(0);
    return result;
  }
}

/** Tables with strings. */
function toml(tables: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  return Object.entries(tables)
    .map(([name, keys]) =>
      [`[${name}]`, ...Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}`), ""].join("\n"),
    )
    .join("\n");
}

/** Processes whose words name a directory. */
function processesIn(place: string): readonly number[] {
  return allPids().filter((pid) => textOf(`/proc/${pid}/cmdline`).includes(place));
}

/** Removes podman's storage, which is mounted below its own directory: again, if a podman that ends late mounts it again. */
function isRemoved(storage: string): boolean {
  spawnSync("umount", ["--lazy", join(storage, "overlay")]);
  try {
    rmSync(storage, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}
