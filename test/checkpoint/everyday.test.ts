import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { differences, observe } from "../observe/observe.ts";
import { end, signal } from "../support/end.ts";
import { childrenOf, isRunning, statusOf, textOf } from "../support/proc.ts";
import { describeUnless, itUnless, noRoot, succeeds } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

const SERVER = "http://127.0.0.1:8095";

const source = (name: string) => fileURLToPath(new URL(`./everyday/${name}`, import.meta.url));
const noBash = succeeds("bash") ? undefined : "needs bash";
const noPython = succeeds("python3") ? undefined : "needs python3";

describeUnless(noRoot, "an everyday program continues after a checkpoint and a restore", () => {
  let place = "";
  let pid = 0;

  beforeEach(() => {
    place = temporaryDirectory("everyday");
  });

  /** Starts a program, but not as a child: while this process waits for a restore, it could not reap it. */
  function start(...words: readonly string[]): void {
    const messages = openSync(join(place, "messages"), "a");
    const background = ["-c", 'setsid "$@" < /dev/null >&2 & echo $!', "sh", ...words];
    pid = Number(execFileSync("sh", background, { cwd: place, stdio: ["ignore", "pipe", messages], encoding: "utf8" }));
    closeSync(messages);
    onTestFinished(() => end(...family(pid)));
  }
  const read = (name: string) => textOf(join(place, name));

  /** Checkpoints the program, which ends it, and restores it. It is stopped meanwhile, so that the kernel must show the same of it before and after. */
  async function travel(): Promise<void> {
    await stop(pid);
    const before = observe(pid);
    const tree = family(pid);
    const images = join(place, "checkpoint");
    const checkpoint = restage(["checkpoint", String(pid), "-D", images]);
    expect(checkpoint.status, checkpoint.stderr).toBe(0);
    await until(() => !tree.some(isRunning), "the tree is gone");
    const { status, stderr } = restage(["restore", "-d", "-D", images]);
    expect(status, stderr).toBe(0);
    expect(family(pid)).toEqual(tree);
    expect(differences(before, observe(pid))).toEqual([]);
    for (const task of descendants(pid)) signal(task, "SIGCONT");
  }

  itUnless(noBash, "a bash pipeline loses and repeats no number", async () => {
    start("bash", source("pipeline.sh"));
    const lines = () => read("numbers").split("\n").slice(0, -1);
    await until(() => lines().length > 20, "it has counted");
    await travel();
    const before = lines().length;
    await until(() => lines().length > before + 20, "it continues counting");
    let sum = 0;
    const expected = lines().map((_, index) => `${index + 1} ${(sum += index + 1)}`);
    expect(lines()).toEqual(expected);
  });

  itUnless(noPython, "every thread of a python3 program continues where it was", async () => {
    start("python3", source("threads.py"));
    const state = () => {
      const [secret, threads, ...words] = read("state").split(" ");
      const counts = [1, 4, 7].map((at) => Number(words[at]));
      const squares = [2, 5, 8].map((at) => Number(words[at]));
      return { secret, threads, counts, squares };
    };
    await until(() => state().counts.every((count) => count > 10), "its threads have counted");
    const { secret, counts } = state();
    await travel();
    await until(
      () => state().counts.every((count, index) => count > (counts[index] ?? 0) + 10),
      "they continue counting",
    );
    const after = state();
    expect({ secret: after.secret, threads: after.threads }).toEqual({ secret, threads: "4" });
    expect(after.squares).toEqual(after.counts.map((count) => count ** 2));
  });

  for (const [language, script] of [
    ["perl", "alarms.pl"],
    ["ruby", "fibers.rb"],
  ] as const) {
    itUnless(succeeds(language) ? undefined : `needs ${language}`, `a ${language} program counts on`, async () => {
      start(language, source(script));
      const state = () => read("state").split(" ");
      const count = () => Number(state()[1] ?? 0);
      await until(() => count() > 10, "it has counted");
      const [secret] = state();
      await travel();
      const before = count();
      await until(() => count() > before + 10, "it continues counting");
      expect(state()[0]).toBe(secret);
    });
  }

  it("a node HTTP server still knows its visitors, and its timer ticks", async () => {
    start(process.execPath, source("server.cjs"));
    await until(() => answers(), "it listens");
    const before = await visit("/tea");
    await travel();
    const after = await visit("/tea");
    expect(after.secret).toBe(before.secret);
    expect(after.visitors["/tea"]).toBe((before.visitors["/tea"] ?? 0) + 1);
    await until(() => answers(), "it answers again");
    const later = await visit("/tea");
    expect(later.visitors["/tea"]).toBe((after.visitors["/tea"] ?? 0) + 1);
    expect(later.visitors["ticks"]).toBeGreaterThan(after.visitors["ticks"] ?? 0);
  });
});

interface Answer {
  readonly secret: string;
  readonly visitors: Readonly<Record<string, number>>;
}

async function visit(path: string): Promise<Answer> {
  const answer = await fetch(`${SERVER}${path}`, { signal: AbortSignal.timeout(10_000) });
  return (await answer.json()) as Answer;
}

function answers(): boolean {
  const script = `fetch("${SERVER}/").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
  return spawnSync(process.execPath, ["-e", script], { timeout: 10_000 }).status === 0;
}

/** Pids of a process and everything below it, parents first. */
function descendants(pid: number): readonly number[] {
  const all = [pid];
  for (const task of all) all.push(...childrenOf(task));
  return all;
}

/** Stops a process and everything below it. */
async function stop(pid: number): Promise<void> {
  const hasStopped = () => {
    const running = descendants(pid).filter((task) => /^[RSD]/.test(statusOf(task, "State") ?? ""));
    for (const task of running) signal(task, "SIGSTOP");
    return running.length === 0;
  };
  await until(hasStopped, "every task is stopped");
}

/** Pids of a process and its children. Grandchildren may be short-lived, such as the `sleep` of a shell. */
function family(pid: number): readonly number[] {
  return isRunning(pid) ? [pid, ...childrenOf(pid)] : [];
}
