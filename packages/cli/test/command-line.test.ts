import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ERRORS, RestoreError } from "@restage/core";
import { describe, expect, it } from "vitest";
import { runCommandLine } from "../src/command-line.ts";
import { EXIT, exitCodeOf } from "../src/exit-codes.ts";
import { RESTORE_OPTIONS } from "../src/options/restore-options.ts";
import { VERSION } from "../src/version.ts";
import { printed } from "./printed.ts";

const CHECKPOINT = fileURLToPath(new URL("../../../examples/counter/checkpoint", import.meta.url));

/** Runs a command line. Returns what it prints, and its exit code. */
async function run(
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let code = -1;
  const text = await printed(async () => {
    code = await runCommandLine(words);
  });
  return { code, ...text };
}

describe("the command line", () => {
  it("prints the version of the package", async () => {
    const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    expect(VERSION).toBe(JSON.parse(manifest).version);
    expect(await run("--version")).toEqual({ code: EXIT.OK, out: `${VERSION}\n`, err: "" });
  });

  it("lists every command in its help, and every option in the help of a command", async () => {
    expect((await run("help")).out).toBe((await run("--help")).out);
    expect((await run("--help")).out).toMatch(/restore.*plan.*check.*inspect/s);
    expect((await run("help", "inspect")).out).toBe((await run("inspect", "--help")).out);
    expect((await run("help", "criu")).out).toBe((await run("criu", "--help")).out);
    expect((await run("help", "crit")).out).toBe((await run("crit", "--help")).out);
    await expect(run("help", "resotre")).rejects.toMatchObject({ hint: "did you mean restore?" });
    const { code, out } = await run("restore", "-D", "nowhere", "--help");
    expect(code).toBe(EXIT.OK);
    for (const { name } of RESTORE_OPTIONS) expect(out).toContain(`--${name}`);
    expect((await run("inspect", "-h")).out).not.toContain("--lazy-pages");
    expect(out.split("\n").filter((line) => line.length > 90)).toEqual([]);
  });

  it("refuses options of inspect that cannot be combined", async () => {
    const inspect = (...words: readonly string[]) => run("inspect", "-D", CHECKPOINT, ...words);
    await expect(inspect("inventory.img", "--html", "/nowhere/page")).rejects.toThrow(
      "--html writes a page of the whole",
    );
    await expect(inspect("--trace", "/nowhere/trace")).rejects.toMatchObject({
      hint: "name the page: --html FILE",
    });
    await expect(inspect("--html", "/nowhere/page", "--json")).rejects.toThrow("--html and --json cannot be combined");
    await expect(inspect("--html", "/nowhere/page", "--sockets")).rejects.toThrow(
      "--html and --sockets cannot be combined",
    );
    await expect(inspect("--json", "--sockets")).rejects.toThrow("--json and --sockets cannot be combined");
    await expect(inspect("inventory.img", "--sockets")).rejects.toThrow("not about one image");
  });

  it("prints its help on standard error when it gets no command", async () => {
    expect(await run()).toEqual({ code: EXIT.USAGE, out: "", err: (await run("help")).out });
  });

  it("explains errors and prints the pages of the documentation", async () => {
    expect((await run("help", "ERR_PID_TAKEN")).out).toMatch(/^ERR_PID_TAKEN\n\nA pid .*What to do: /s);
    expect((await run("help", "glossary")).out).toMatch(/^# Glossary\n/);
    expect((await run("help", "fleet.md")).out).not.toBe((await run("help", "fleet")).out);
    await expect(run("help", "recipe")).rejects.toMatchObject({ hint: "did you mean recipes?" });
    await expect(run("help", "Plugin-Guides")).rejects.toMatchObject({ hint: "did you mean plugin-guide?" });
    for (const name of ["inetsk", "INETSK", "inetks"])
      await expect(run("help", name)).rejects.toMatchObject({
        hint: "read about inetsk: `restage help plugin-guide`",
      });
    await expect(run("help", "xyzzyxyzzy")).rejects.toMatchObject({
      hint: "list commands and pages: `restage help`",
    });
    expect((await run("help")).out).toMatch(/prints a page:\n.*plugin-guide/s);
  });

  it("refuses unknown commands, and operands that a command does not take", async () => {
    await expect(run("resotre")).rejects.toMatchObject({ code: "ERR_OPTION", hint: "did you mean restore?" });
    await expect(run("toString")).rejects.toMatchObject({ code: "ERR_OPTION" });
    await expect(run("restore", "now")).rejects.toThrow('restage restore does not take "now"');
    await expect(run("inspect", "a.img", "b.img")).rejects.toThrow('restage inspect does not take "b.img"');
  });

  it("accepts options before the command", async () => {
    expect((await run("-D", CHECKPOINT, "--json", "inspect")).out).toBe(
      (await run("inspect", "-D", CHECKPOINT, "--json")).out,
    );
    await expect(run("-v4", "resotre")).rejects.toMatchObject({ hint: "did you mean restore?" });
    await expect(run("-v4")).rejects.toMatchObject({ message: "Name a command" });
  });

  it("requires a checkpoint", async () => {
    await expect(run("restore")).rejects.toMatchObject({
      code: "ERR_OPTION",
      message: "Name a checkpoint: the directory of its images",
    });
  });
});

describe("inspect", () => {
  it("shows tasks, files and memory", async () => {
    const { code, out } = await run("inspect", "-D", CHECKPOINT);
    expect(code).toBe(EXIT.OK);
    expect(out).toContain("task 20100 (exe), alive, session 20100, group 20100\n");
    expect(out).toContain("  fd 3     REG        /tmp/restage-fixtures/counter/log\n");
    expect(out).toMatch(/rw-p +404 KiB +32 KiB saved\n/);
    expect(out).toMatch(/ pages-1.img +88 KiB\n/);
  });

  it("prints the summary as JSON, and decodes a named image", async () => {
    const summary = JSON.parse((await run("inspect", "-D", CHECKPOINT, "--json")).out);
    expect(summary.tasks[0]).toMatchObject({ pid: 20100, kind: "alive", threads: [{ tid: 20100, name: "exe" }] });
    const image = JSON.parse((await run("inspect", "-D", CHECKPOINT, "pstree.img")).out);
    expect(image).toEqual({
      magic: "PSTREE",
      entries: [{ pid: 20100, ppid: 0, pgid: 20100, sid: 20100, threads: [20100] }],
    });
    await expect(run("inspect", "-D", CHECKPOINT, "no.img")).rejects.toMatchObject({ code: "ERR_IMAGE" });
  });
});

describe("plan", () => {
  it("prints stages, tasks, duties and calls", async () => {
    const { code, out } = await run("plan", "-D", CHECKPOINT, "--pidfile", "/tmp/restage-test.pid");
    expect(code).toBe(EXIT.OK);
    expect(out).toMatch(/\nRESTORE\n {2}task 20100 \(exe\)\n.* {4}fs\n {6}.*umask\(022\)\n/s);
    expect(out).toMatch(/\ncommit\n {2}left out in a dry run: .*pidfile/);
    expect(out).not.toContain("restage-test.pid");
    expect(out).toMatch(/\n1 task, \d+ calls; nothing was changed\n$/);
  });

  it("prints each event as a line of JSON, and a failure as the last one", async () => {
    const lines = (await run("plan", "--json", "-D", CHECKPOINT)).out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(lines.map(({ kind }) => kind))).toEqual(
      new Set(["planned", "stage-started", "program", "coordinator", "stage-left", "committed", "resumed", "left-out"]),
    );
    const failed = await run("plan", "--json", "-D", "/nowhere");
    expect(failed.code).toBe(EXIT.FAILED);
    expect(JSON.parse(failed.out)).toMatchObject({ kind: "failed", error: { code: "ERR_IMAGE" }, left: [] });
  });
});

describe("check", () => {
  it("reports every finding at once, also without a checkpoint", async () => {
    const { code, out } = await run("check", "--json", "-D", "/nowhere");
    expect(code).toBe(EXIT.FAILED);
    const { restorable, findings } = JSON.parse(out);
    expect(restorable).toBe(false);
    expect(findings).toContainEqual(expect.objectContaining({ severity: "refused", what: "/nowhere" }));
    expect((await run("check")).out).toMatch(/This machine can(not)? restore \(kernel /);
  });
});

describe("exitCodeOf()", () => {
  it("maps every error code to an exit code", () => {
    const codes = Object.keys(ERRORS).map((code) => [
      code,
      exitCodeOf(new RestoreError(code as keyof typeof ERRORS, "")),
    ]);
    const { ERR_COMPLETE, ERR_CONFIG, ERR_OPTION, ...others } = Object.fromEntries(codes);
    expect([ERR_COMPLETE, ERR_CONFIG, ERR_OPTION]).toEqual([EXIT.AFTER_COMMIT, EXIT.USAGE, EXIT.USAGE]);
    expect(new Set(Object.values(others))).toEqual(new Set([EXIT.FAILED]));
  });
});
