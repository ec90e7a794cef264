import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type LinuxKernel, openKernel } from "../src/linux-kernel.ts";
import type { Program } from "../src/program/program.ts";
import { call, path } from "./steps.ts";
import { needing, temporaryDirectory } from "./support.ts";

const there = process.platform === "linux" && process.arch === "x64";
/** How long the janitor takes at most, in milliseconds. */
const TIME = 3000;

const started: ChildProcess[] = [];
const kernels: LinuxKernel[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const kernel of kernels.splice(0)) {
    await kernel.dismissUndo();
    kernel.close();
  }
});

async function open(): Promise<LinuxKernel> {
  const kernel = await openKernel();
  kernels.push(kernel);
  return kernel;
}

function file(name = "file"): string {
  const made = join(temporaryDirectory(), name);
  writeFileSync(made, name);
  return made;
}

const unlink = (name: string): Program => [call("unlinkat", -100, path(name), 0)];
const rename = (from: string, to: string): Program => [call("renameat", -100, path(from), -100, path(to))];

async function until(condition: () => boolean): Promise<boolean> {
  const end = performance.now() + TIME;
  while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  return condition();
}

/** Starts a process that has pushed its undos. */
async function coordinator(
  mode: "dismiss" | "leave",
  files: readonly string[],
): Promise<{ child: ChildProcess; tasks: number[] }> {
  const jiti = join(dirname(createRequire(import.meta.url).resolve("jiti/package.json")), "lib/jiti-cli.mjs");
  const script = join(import.meta.dirname, "coordinator-to-kill.ts");
  const child = spawn(process.execPath, [jiti, script, mode, ...files], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (data) => {
      text += String(data);
      if (text.includes("\n")) resolve(text);
    });
    child.on("exit", (code) => reject(new Error(`The coordinator ended with ${code}`)));
  });
  expect(line).toMatch(/^ready /);
  return { child, tasks: line.trim().split(" ").slice(1).map(Number) };
}

function isThere(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

describe.skipIf(!there)(needing(there, "undo", "Linux on x86_64"), () => {
  it("runs newest first, after a failed restore", async () => {
    const kernel = await open();
    const first = file();
    const second = `${first}.renamed`;
    // In the other order the unlink would find no file, and the file would stay.
    kernel.pushUndo(unlink(second));
    kernel.pushUndo(rename(first, second));
    expect(await kernel.runUndo()).toEqual([]);
    expect([existsSync(first), existsSync(second)]).toEqual([false, false]);
  });

  it("continues after a step that fails, and reports it", async () => {
    const kernel = await open();
    const [one, two] = [file(), file()];
    kernel.pushUndo(unlink(one));
    kernel.pushUndo([...unlink(`${one}.gone`), ...unlink(two)]);
    const left = await kernel.runUndo();
    expect(left).toEqual([expect.stringMatching(/unlinkat.*ENOENT/)]);
    expect([existsSync(one), existsSync(two)]).toEqual([false, false]);
  });

  it("works for hundreds of steps", async () => {
    const kernel = await open();
    const folder = temporaryDirectory();
    const files = Array.from({ length: 300 }, (_value, index) => join(folder, String(index)));
    for (const each of files) {
      writeFileSync(each, "");
      kernel.pushUndo(unlink(each));
    }
    expect(await kernel.runUndo()).toEqual([]);
    expect(files.filter((each) => existsSync(each))).toEqual([]);
  });

  it("does nothing once it is dismissed", async () => {
    const kernel = await open();
    const kept = file();
    kernel.pushUndo(unlink(kept));
    await kernel.dismissUndo();
    expect(await kernel.runUndo()).toEqual([]);
    expect(readFileSync(kept, "utf8")).toBe("file");
  });

  it("leaves out what was cancelled, at any position", async () => {
    const kernel = await open();
    const files = ["oldest", "middle", "newest", "kept", "last"].map((name) => file(name));
    const forget = files.map((each) => kernel.pushUndo(unlink(each)));
    for (const index of [0, 1, 3, 4]) forget[index]?.();
    // Cancelling twice is harmless.
    forget[1]?.();
    kernel.pushUndo(unlink(files[3] ?? ""));
    expect(await kernel.runUndo()).toEqual([]);
    expect(files.map((each) => existsSync(each))).toEqual([true, true, false, false, true]);
  });

  it("without steps reports nothing", async () => {
    const kernel = await open();
    expect(await kernel.runUndo()).toEqual([]);
    await kernel.dismissUndo();
  });

  it("runs when the coordinator is killed, and its tasks end", async () => {
    const files = [file("one"), file("two")];
    const { child, tasks } = await coordinator("leave", files);
    expect(tasks.every(isThere)).toBe(true);
    expect(files.map((each) => existsSync(each))).toEqual([true, true]);
    child.kill("SIGKILL");
    expect(await until(() => !files.some((each) => existsSync(each)))).toBe(true);
    expect(await until(() => !tasks.some(isThere))).toBe(true);
  });

  it("does nothing when it was dismissed before the coordinator is killed", async () => {
    const kept = file();
    const { child, tasks } = await coordinator("dismiss", [kept]);
    child.kill("SIGKILL");
    expect(await until(() => !tasks.some(isThere))).toBe(true);
    // Longer than an undo takes.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(existsSync(kept)).toBe(true);
  });
});
