import { mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RestoreError, type RestoreEvent } from "@restage/core";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createSettings, type Settings } from "../src/options/settings.ts";
import { checkpointSize } from "../src/report/checkpoint-size.ts";
import { logTo } from "../src/report/log.ts";
import { openReport } from "../src/report/open-report.ts";
import { PhaseView } from "../src/report/phase-view.ts";
import { Report } from "../src/report/report.ts";
import { StageView } from "../src/report/stage-view.ts";
import { printed } from "./printed.ts";

const finding = { severity: "warning", what: "file /a", why: "it is old", plugin: "files" } as const;
const error = new RestoreError("ERR_SYSCALL", "openat() of task 7 failed: ENOENT", { stage: "RESTORE", pid: 7 });
const EVENTS: readonly RestoreEvent[] = [
  { kind: "planned", time: 0, tasks: 2, findings: [finding] },
  { kind: "stage-started", time: 1, stage: "RESTORE", participants: 2 },
  {
    kind: "program",
    time: 2,
    stage: "RESTORE",
    target: "task 7",
    pid: 7,
    tid: 7,
    steps: [
      { kind: "syscall", name: "umask", args: [0o22], result: 0o77, plugin: "fs" },
      { kind: "syscall", name: "close", args: [9], allowed: [9], result: -9, plugin: "files" },
      { kind: "syscall", name: "munmap", args: [0x1000, 0x1000], result: 0x7f0000000000, plugin: "memory" },
    ],
    milliseconds: 0.5,
    failed: false,
  },
  { kind: "stage-left", time: 3, stage: "RESTORE", milliseconds: 2 },
  { kind: "committed", time: 4 },
  { kind: "resumed", time: 5, pid: 7, threads: 1 },
  { kind: "failed", time: 6, error, left: ["task 9 did not end"] },
];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "restage-report-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function logAt(verbosity: number): readonly string[] {
  const file = join(directory, "log");
  const { listener } = logTo(openSync(file, "w"), verbosity, { withErrors: true });
  for (const event of EVENTS) listener(event);
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\(-?[\d.]+\) /, ""));
}

describe("the log", () => {
  it("shows errors from level 1, warnings from 2, stages from 3", () => {
    const failure = [
      "ERR_SYSCALL: openat() of task 7 failed: ENOENT",
      "  in stage RESTORE, task 7",
      "left: task 9 did not end",
    ];
    expect(logAt(1)).toEqual(failure);
    expect(logAt(2)).toEqual(["warning: file /a: it is old", ...failure]);
    expect(logAt(3)).toEqual([
      "warning: file /a: it is old",
      "RESTORE: started for 2 tasks",
      "RESTORE: confirmed by all after 2.000 ms",
      "committed",
      "1 thread resumed; the root task is 7",
      ...failure,
    ]);
  });

  it("shows every call with its result at level 4, like strace", () => {
    expect(logAt(4).filter((line) => line.includes("task 7:"))).toEqual([
      "RESTORE: task 7: fs: umask(022) = 63",
      "RESTORE: task 7: files: close(9) allows EBADF = -9 EBADF",
      "RESTORE: task 7: memory: munmap(0x1000, 0x1000) = 0x7f0000000000",
    ]);
  });
});

describe("the stage view", () => {
  it("shows a line for each stage, and a summary", async () => {
    const view = new StageView();
    const { out } = await printed(async () => EVENTS.forEach(view.listener));
    const shown = out.replaceAll("\x1b[K", "").replace(/^.*\r/gm, "");
    expect(shown.split("\n")).toEqual([
      "! file /a: it is old",
      `✓ RESTORE             2 tasks${" ".repeat(11)}2.0 ms`,
      "Restored 2 tasks, 1 thread in 5.0 ms; the root task is 7",
      "! left: task 9 did not end",
      "",
    ]);
  });
});

describe("the phases on a terminal", () => {
  it("are shown as they pass, with a summary", async () => {
    const { out } = await printed(async () => {
      const view = new PhaseView();
      view.listener({ kind: "phase-started", time: 0, phase: "seize" });
      view.listener({ kind: "phase-left", time: 2, phase: "seize", milliseconds: 2 });
      view.listener({ kind: "phase-started", time: 2, phase: "inspect" });
      view.listener({ kind: "failed", time: 3, error, left: [] });
      const made = { tasks: [7, 8], warnings: [], notes: [], frozen: 1.25 };
      view.summarize(made, { pid: 7, images: "cp" }, 3 << 20);
    });
    expect(out.replaceAll("\x1b[K", "").replace(/^.*\r/gm, "")).toMatch(
      /^✓ seize {33}2\.0 ms\n✗ inspect {37}\nSaved 2 tasks of process 7 in cp: 3 MiB in [\d.]+ ms; frozen for 1\.3 ms\n$/,
    );
  });
});

describe("the bar of a checkpoint on a terminal", () => {
  it("shows how much of the memory has been saved", async () => {
    const { out } = await printed(async () => {
      const view = new PhaseView();
      view.listener({ kind: "memory", time: performance.now(), bytes: 1 << 20 });
      view.listener({ kind: "memory", time: performance.now() + 1000, bytes: 3 << 20 });
    });
    // The rest of the line is cleared, and the next one replaces it.
    expect(out).toBe(`  ${"memory".padEnd(32)}${"█".repeat(24)} 3 of 3 MiB\x1b[K\r`);
  });
});

it("the size of a checkpoint does not contain that of an earlier one", () => {
  const directory = mkdtempSync(join(tmpdir(), "restage-size-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "pages-1.img"), Buffer.alloc(70));
  writeFileSync(join(directory, "core-7.img"), Buffer.alloc(7));
  symlinkSync(tmpdir(), join(directory, "parent"));
  expect(checkpointSize(directory)).toBe(77);
});

describe("Report", () => {
  it("reports a failure once", () => {
    const told: string[] = [];
    const report = new Report([{ name: "test", listener: ({ kind }) => told.push(kind) }]);
    report.fail(error);
    report.fail(error);
    expect(told).toEqual(["failed"]);
  });

  it("drops a reporter that fails, and the restore continues", async () => {
    const told: string[] = [];
    const { err } = await printed(async () => {
      const full = {
        name: "the log",
        listener: () => {
          throw new Error("no space left");
        },
      };
      const report = new Report([full, { name: "test", listener: ({ kind }) => told.push(kind) }]);
      for (const event of EVENTS.slice(0, 2)) report.listener(event);
      report.end();
    });
    expect(told).toEqual(["planned", "stage-started"]);
    expect(err).toBe("Cannot write the log: no space left\n");
  });
});

describe("openReport()", () => {
  async function told(settings: Partial<Settings>) {
    return printed(async () => {
      const report = await openReport({ ...createSettings(), ...settings }, { images: directory });
      EVENTS.forEach(report.listener);
      report.end();
    });
  }

  it("writes log and trace next to the images, or into the work directory", async () => {
    await told({ logFile: "a.log", trace: "a.trace" });
    expect(readFileSync(join(directory, "a.log"), "utf8")).toContain("warning: file /a");
    expect(JSON.parse(readFileSync(join(directory, "a.trace"), "utf8")).traceEvents).not.toEqual([]);
    await expect(told({ logFile: "a.log", workDirectory: "/nowhere" })).rejects.toMatchObject({ code: "ERR_OPTION" });
  });

  it("prints events as JSON, and nothing else", async () => {
    const { out, err } = await told({ json: true });
    const kinds = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).kind);
    expect(kinds).toEqual(EVENTS.map(({ kind }) => kind));
    expect(err).toBe("");
  });
});
