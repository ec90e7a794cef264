import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { textOf } from "../support/proc.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";
import { directoryOf, type Program } from "./programs.ts";
import { Recorder } from "./recorder.ts";
import { makeRootDirectory } from "./root-directory.ts";

/** Counts in the memory of a shell and writes the number to a file that everyone can see. */
export const COUNT = "n=0; while :; do n=$((n+1)); echo $n > /count; sleep 0.05; done";

/** The parts of a config.json that tests change. */
export interface Spec {
  process: { args: string[]; terminal: boolean; rlimits: unknown[] };
  root: { readonly: boolean };
  linux: {
    namespaces: { type: string; path?: string }[];
    resources: object;
    uidMappings?: object[];
    gidMappings?: object[];
    [other: string]: unknown;
  };
  annotations?: Record<string, string>;
}

/** A container of runc, which ends with the test. */
export class RuncContainer {
  readonly #id = `restage-${process.pid}-${performance.now().toFixed(0)}`;
  readonly #place = temporaryDirectory("runc");
  readonly root = join(this.#place, "rootfs");
  readonly images = join(this.#place, "images");
  readonly work = join(this.#place, "work");

  /** @param change edits what `runc spec` writes. @param owner of the root directory. */
  constructor(change: (spec: Spec) => void = () => {}, owner = 0) {
    // The user of a user namespace reaches its files and, for CRIU, the images.
    chmodSync(this.#place, 0o755);
    for (const directory of [this.root, this.images, this.work]) mkdirSync(directory, { mode: 0o755 });
    makeRootDirectory(this.root, owner);
    this.#runc(["spec", "--bundle", this.#place]);
    const file = join(this.#place, "config.json");
    const spec = JSON.parse(readFileSync(file, "utf8")) as Spec;
    spec.process.args = ["/bin/sh", "-c", COUNT];
    spec.process.terminal = false;
    // The limits of this process.
    spec.process.rlimits = [];
    spec.root.readonly = false;
    change(spec);
    writeFileSync(file, JSON.stringify(spec));
    onTestFinished(() => void this.#runc(["delete", "--force", this.#id]));
  }

  run(...flags: readonly string[]): void {
    this.#succeed(["run", "--detach", "--bundle", this.#place, ...flags, this.#id]);
  }

  /** Makes a checkpoint. */
  checkpoint(by: Program | Recorder, ...flags: readonly string[]): void {
    this.#succeed(this.#checkpointWords(flags), by);
  }

  /** Saves its memory in the directory `before` beside the images, for a later checkpoint. */
  preDump(by: Program): void {
    this.#succeed(this.#checkpointWords(["--pre-dump"], join(this.#place, "before")), by);
  }

  #checkpointWords(flags: readonly string[], images = this.images): readonly string[] {
    return ["checkpoint", "--image-path", images, "--work-path", this.work, ...flags, this.#id];
  }

  restore(by: Program | Recorder, ...flags: readonly string[]): void {
    this.#succeed(this.#restoreWords(flags), by);
  }

  #restoreWords(flags: readonly string[]): readonly string[] {
    const images = ["--image-path", this.images, "--work-path", this.work];
    return ["restore", "--detach", "--bundle", this.#place, ...images, ...flags, this.#id];
  }

  /** Runs commands in the directory of its bundle, in a shell that stops at the first failure. They call the container NAME. */
  shell(commands: string): void {
    const runc = `runc() { command runc --root ${this.#state} --log ${this.#log} "$@"; }`;
    const words = ["-ec", `${runc}\n${commands.replaceAll("NAME", this.#id)}`];
    const { status } = spawnSync("bash", words, { cwd: this.#place, stdio: "ignore", timeout: 60_000 });
    expect(status, this.#messages()).toBe(0);
  }

  /** Runs a program in the container. Returns its exit code. */
  exec(...words: readonly string[]): number | null {
    return this.#runc(["exec", this.#id, ...words]).status;
  }

  /** Ends and forgets the container. */
  delete(): void {
    this.#succeed(["delete", "--force", this.#id]);
  }

  /** The pid of its first task; undefined without a container. */
  get pid(): number | undefined {
    const { status, stdout } = spawnSync("runc", ["--root", this.#state, "state", this.#id], { encoding: "utf8" });
    return status === 0 ? (JSON.parse(stdout) as { pid: number }).pid : undefined;
  }

  /** The cgroups of its first task. */
  get cgroups(): string {
    return textOf(`/proc/${this.pid}/cgroup`);
  }

  /** The number that the shell has written last. */
  get count(): number {
    return Number(textOf(join(this.root, "count")));
  }

  /** Waits until the shell counts on from a number. The file is removed, so the next number comes out of its memory. */
  async expectCounting(from: number): Promise<void> {
    rmSync(join(this.root, "count"), { force: true });
    await until(() => this.count > 0, "the container counts", 20_000);
    expect(this.count).toBeGreaterThan(from);
  }

  get #state(): string {
    return join(this.#place, "state");
  }

  /** Tries to restore it. Returns the exit code. */
  tryToRestore(by: Program | Recorder): number | null {
    return this.#runc(this.#restoreWords([]), by).status;
  }

  #succeed(words: readonly string[], criu?: Program | Recorder): void {
    const { status } = this.#runc(words, criu);
    expect(status, this.#messages()).toBe(0);
  }

  #runc(words: readonly string[], criu?: Program | Recorder) {
    const own = criu instanceof Recorder ? criu.directory : criu === undefined ? undefined : directoryOf(criu);
    const PATH = own === undefined ? process.env["PATH"] : `${own}:${process.env["PATH"]}`;
    const flags = ["--root", this.#state, "--log", this.#log];
    // Streams of this process would become those of the container.
    const options = { cwd: this.#place, stdio: "ignore", timeout: 60_000, env: { ...process.env, PATH } } as const;
    return spawnSync("runc", [...flags, ...words], options);
  }

  get #log(): string {
    return join(this.#place, "log");
  }

  /** The log of runc, and the errors in those of criu. */
  #messages(): string {
    const logs = [this.#log, ...["dump.log", "restore.log"].map((name) => join(this.work, name))].map(textOf);
    return logs.flatMap((text) => text.split("\n").filter((line) => /error|ERR_/i.test(line))).join("\n");
  }
}
