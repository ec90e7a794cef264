/** Restores checkpoints with one odd field each, in the namespaces in which it runs: `worker.ts CASES`. Prints a line of JSON before and after each case. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RestoreError, type RestoreRequest, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { cleanUp, imagesOf, prepare } from "../stages/fixture.ts";
import { placeContainer, removeContainer, requestOf } from "../support/container-fixture.ts";
import { kill } from "../support/end.ts";
import { allPids, executableOf } from "../support/proc.ts";
import type { Case, Cases, Outcome } from "./case.ts";
import { leaving } from "./leaving.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import { surveyWithoutFiles, surveyWorld } from "./world.ts";

const COPIES = "/tmp/images";
const CONTAINERS = ["namespaces", "userns"];
const OPTIONS: Readonly<Record<string, Partial<RestoreRequest>>> = {
  locks: { fileLocks: true },
  shm: { skipFileRwxCheck: true },
  "tcp-established": { tcpEstablished: true },
  "tcp-queued": { tcpEstablished: true },
};

const fixtures = namesIn(imagesOf("")).filter((name) => !name.includes("."));
const prepared = new Set<string>();

const { seed, count, seconds, patience, leaves } = JSON.parse(process.argv[2] ?? "") as Cases;
const end = performance.now() + 1000 * seconds;
for (let index = 0; index < count && performance.now() < end; index++) await tryCase((seed + index) >>> 0);

async function tryCase(seed: number): Promise<void> {
  const random = new Random(seed);
  const fixture = process.env["RESTAGE_FUZZ_FIXTURE"] ?? random.oneOf(fixtures);
  const images = join(COPIES, fixture);
  makeReady(fixture, images);
  const { fileName, bytes, change } = mutate((name) => readFileSync(join(images, name)), namesIn(images), random);
  const what = `${fixture}: ${change}`;
  tell({ seed, what });
  writeFileSync(join(images, fileName), bytes);
  const outcome = await restoreAndCompare(fixture, images);
  cpSync(join(imagesOf(fixture), fileName), join(images, fileName));
  tell({ seed, what, ...outcome });
}

async function restoreAndCompare(fixture: string, images: string): Promise<Outcome> {
  const before = { all: surveyWorld(), pids: allPids(), withoutFiles: surveyWithoutFiles() };
  const options = CONTAINERS.includes(fixture) ? requestOf(fixture) : { ...OPTIONS[fixture], detached: true };
  let error: RestoreError | undefined;
  const kernel = await openKernel();
  try {
    const plugins = leaves ? [leaving()] : [];
    await restore({ ...options, images, plugins, timeout: 20_000 }, kernel, defaultPlugins());
  } catch (thrown) {
    error = thrown as RestoreError;
  } finally {
    kernel.close();
  }
  if (error !== undefined) {
    const left = await differenceTo(before.all, surveyWorld);
    if (left.length > 0) reset(fixture, before.pids);
    return { result: "refused", error: described(error), problems: [...problemsOf(error), ...left] };
  }
  reset(fixture, before.pids);
  return { result: "restored", problems: await differenceTo(before.withoutFiles, surveyWithoutFiles) };
}

/** Ends what was restored by its pid, and puts the files of the fixture back. */
function reset(fixture: string, pids: readonly number[]): void {
  for (const pid of allPids()) if (!pids.includes(pid) && !isStub(pid)) kill(pid);
  prepared.delete(fixture);
}

/** Stubs have to end by themselves. */
function isStub(pid: number): boolean {
  return executableOf(pid)?.includes("restage-stub") === true;
}

function makeReady(fixture: string, images: string): void {
  if (prepared.has(fixture)) return;
  if (CONTAINERS.includes(fixture)) {
    removeContainer(fixture);
    placeContainer(fixture);
  } else {
    cleanUp(fixture);
    prepare(fixture);
  }
  mkdirSync(images, { recursive: true });
  cpSync(imagesOf(fixture), images, { recursive: true });
  prepared.add(fixture);
}

async function differenceTo(before: readonly string[], look: () => readonly string[]): Promise<readonly string[]> {
  const end = performance.now() + patience;
  for (;;) {
    const now = look();
    const changes = [
      ...now.filter((line) => !before.includes(line)).map((line) => `left: ${line}`),
      ...before.filter((line) => !now.includes(line)).map((line) => `gone: ${line}`),
    ];
    if (changes.length === 0 || performance.now() > end) return changes;
    await sleep(5);
  }
}

/** What a restore must not fail with, whatever is in the images. */
function problemsOf(error: RestoreError): readonly string[] {
  if (!("failures" in error)) return [`threw ${String((error as Error).stack)}`];
  const problem: Readonly<Partial<Record<RestoreError["code"], string>>> = {
    ERR_PLUGIN: `an image must not make a plugin fail: ${error.cause instanceof Error ? error.cause.stack : ""}`,
    ERR_UNDO: "something could not be undone",
    ERR_TASK_STUCK: "a task hangs",
    ERR_DUTY_MISSING: "an image must not make a duty missing",
    ERR_COMPLETE: "it failed after the commit",
  };
  const own = problem[error.code];
  return [...(own === undefined ? [] : [own]), ...error.failures.flatMap(problemsOf)];
}

function described(error: RestoreError): string {
  return "describe" in error ? error.describe() : String(error);
}

function tell(line: Case | (Case & Outcome)): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** In the same order everywhere: a seed stands for the same case in every run. */
function namesIn(directory: string): readonly string[] {
  return readdirSync(directory).sort();
}
