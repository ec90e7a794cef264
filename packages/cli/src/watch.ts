import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notedFiles, stateOf } from "@restage/core/internal";
import type { Settings } from "./options/settings.ts";
import { ownCommand } from "./own-command.ts";
import { print } from "./report/print.ts";

/** The interval at which files are compared, in milliseconds. Unlike notifications, this works in every file system, and for files that do not exist yet. */
const INTERVAL = 200;

/** Runs a command, with --watch repeatedly. Returns its exit code. */
export async function repeatable({ watch, reportFiles }: Settings, run: () => Promise<number>): Promise<number> {
  if (watch) return await repeat(process.argv.slice(2).filter((word) => word !== "--watch"));
  try {
    return await run();
  } finally {
    if (reportFiles !== undefined) writeFileSync(reportFiles, JSON.stringify(ownFiles()));
  }
}

/** Files with their states before they were read. Packages rarely change. */
function ownFiles(): readonly (readonly [file: string, state: string])[] {
  return [...notedFiles()].filter(([file]) => !file.includes("/node_modules/"));
}

/**
 * Runs a command now, and again whenever a file changes on which its last run depended. Each run is a process of its own, because a runtime loads a module
 * only once. A signal ends it.
 *
 * @param words of the command line.
 */
async function repeat(words: readonly string[]): Promise<never> {
  const directory = mkdtempSync(join(tmpdir(), "restage-watch-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
  const report = join(directory, "files");
  for (;;) {
    await run([...words, "--report-files", report]);
    const changed = await firstChange(new Map(JSON.parse(readFileSync(report, "utf8"))));
    print(`\n--- ${new Date().toLocaleTimeString()}: ${changed} has changed\n\n`);
  }
}

/** Runs the command to its end. */
async function run(words: readonly string[]): Promise<void> {
  const [program = "", ...own] = ownCommand();
  const child = spawn(program, [...own, ...words], { stdio: ["ignore", "inherit", "inherit"] });
  const end = () => child.kill();
  process.once("exit", end);
  await new Promise((resolve, reject) => child.once("exit", resolve).once("error", reject));
  process.off("exit", end);
}

/** Waits until one of the files changes, appears or disappears. */
async function firstChange(files: ReadonlyMap<string, string>): Promise<string> {
  for (;;) {
    for (const [file, before] of files) if (stateOf(file) !== before) return file;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}
