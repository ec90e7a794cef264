import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { expect, onTestFinished } from "vitest";
import { allPids, textOf } from "../support/proc.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";
import { archiveRootDirectory, preparePodman, removeStorage } from "./podman-place.ts";
import { directoryOf, type Program } from "./programs.ts";

/** Its name in documentation: one with a shell and small programs. */
const IMAGE = "busybox";

/** A podman with storage, state and locks of its own. Its containers end with the test. */
export class Podman {
  readonly #place = temporaryDirectory("podman");
  readonly #variables = preparePodman(this.#place);
  readonly #directories = new Map<Program, string>();

  constructor() {
    const archive = archiveRootDirectory(this.#place);
    onTestFinished(async () => {
      this.try("rm", "--all", "--force", "--time", "0");
      // Its monitor starts another podman, which cleans up after a container, and nobody waits for that one.
      await until(() => processesIn(this.#place).length === 0, "podman's processes have ended");
      await until(() => removeStorage(this.#place), "podman's storage is removed");
    });
    this.do("import", archive, IMAGE);
  }

  /** Runs commands in a shell that stops at the first failure. Returns what they print. */
  shell(commands: string): string {
    return this.#succeed(this.#run(["bash", "-ec", commands], process.env["PATH"] ?? "")).stdout;
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
    const env = { ...process.env, ...this.#variables, PATH };
    return spawnSync(program, words, {
      cwd: this.#place,
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

/** Processes whose words name a directory. */
function processesIn(place: string): readonly number[] {
  return allPids().filter((pid) => textOf(`/proc/${pid}/cmdline`).includes(place));
}
