import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { end, missing, restage, until } from "../support/restage.ts";

const SERVER = "http://127.0.0.1:8095";

const source = (name: string) => fileURLToPath(new URL(`./everyday/${name}`, import.meta.url));
const has = (program: string) => spawnSync(program, ["--version"]).status === 0;

describe.skipIf(missing !== undefined)("an everyday program that was checkpointed goes on", () => {
  let place = "";
  let pid = 0;

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "restage-everyday-"));
  });
  afterEach(async () => {
    await end(...family(pid));
    pid = 0;
    rmSync(place, { recursive: true, force: true });
  });

  /** Not as a child of the test: nobody would reap it while the test waits for a restore. */
  function start(...words: readonly string[]): void {
    const messages = openSync(join(place, "messages"), "a");
    const background = ["-c", 'setsid "$@" < /dev/null >&2 & echo $!', "sh", ...words];
    pid = Number(execFileSync("sh", background, { cwd: place, stdio: ["ignore", "pipe", messages], encoding: "utf8" }));
    closeSync(messages);
  }
  const read = (name: string) => (existsSync(join(place, name)) ? readFileSync(join(place, name), "utf8") : "");

  /** It is checkpointed, gone, and back. */
  async function travel(): Promise<void> {
    const tree = family(pid);
    const images = join(place, "checkpoint");
    const checkpoint = restage(["checkpoint", String(pid), "-D", images]);
    expect(checkpoint.status, checkpoint.stderr).toBe(0);
    await until(() => !tree.some(isAlive), "the tree is gone");
    const { status, stderr } = restage(["restore", "-d", "-D", images]);
    expect(status, stderr).toBe(0);
    expect(family(pid)).toEqual(tree);
  }

  it.skipIf(!has("bash"))("a bash pipeline: no number is lost, none comes twice", async () => {
    start("bash", source("pipeline.sh"));
    const lines = () => read("numbers").split("\n").slice(0, -1);
    await until(() => lines().length > 20, "it has counted");
    await travel();
    const before = lines().length;
    await until(() => lines().length > before + 20, "it counts on");
    let sum = 0;
    const expected = lines().map((_, index) => `${index + 1} ${(sum += index + 1)}`);
    expect(lines()).toEqual(expected);
  });

  it.skipIf(!has("python3"))("python3 with threads: every thread goes on where it was", async () => {
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
    await until(() => state().counts.every((count, index) => count > (counts[index] ?? 0) + 10), "they count on");
    const after = state();
    expect({ secret: after.secret, threads: after.threads }).toEqual({ secret, threads: "4" });
    expect(after.squares).toEqual(after.counts.map((count) => count ** 2));
  });

  it("a node HTTP server: it knows its visitors, and its timer ticks", async () => {
    start(process.execPath, source("server.cjs"));
    await until(() => answers(), "it listens");
    const before = await visit("/tea");
    await travel();
    const after = await visit("/tea");
    expect(after.secret).toBe(before.secret);
    expect(after.visitors["/tea"]).toBe((before.visitors["/tea"] ?? 0) + 1);
    await until(() => answers(), "it goes on");
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

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** Pids of a process and its children. Theirs may be short-lived: a shell's `sleep`, or the shell itself before it runs that. */
function family(pid: number): readonly number[] {
  if (!isAlive(pid)) return [];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return [pid, ...children.split(" ").filter(Boolean).map(Number)];
}
