import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, constants, createWriteStream, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { ROOT } from "../support/restage.ts";
import {
  compile,
  type DumpedProgram,
  describeDumped,
  dump,
  dumpProgram,
  forget,
  makePlace,
  restoreProgram,
  until,
  verdictOf,
} from "./case.ts";

const COMMAND = join(ROOT, "packages/cli/dist/restage.js");
const SHELL_JOB = join(import.meta.dirname, "shell-job");

const shells: Shell[] = [];
const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const shell of shells.splice(0)) shell.process.kill("SIGKILL");
  for (const program of programs.splice(0)) forget(program);
});

/** A shell that has a terminal of its own, and runs a job there. */
interface Shell {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  type(text: string): void;
  shown(): string;
}

/** Runs a command as the job of a shell, in a group of its own or in the shell's. */
function startShell(program: DumpedProgram, group: "own" | "shell", command: readonly string[]): Shell {
  const place = join(program.directory, "..");
  const number = shells.length;
  const [typed, shown] = [join(place, `typed-${number}`), join(place, `shown-${number}`)];
  spawnSync("mkfifo", [typed]);
  const shell = spawn(join(place, "shell"), [typed, shown, ...command], {
    cwd: program.directory,
    stdio: "ignore",
    detached: true,
    env: { ...process.env, JOB_GROUP: group },
  });
  const keyboard = createWriteStream(typed, { flags: "r+" });
  // It may be gone with the test before it was opened.
  keyboard.once("error", () => {});
  const ended = new Promise<number | null>((resolve) => shell.once("exit", resolve));
  const started = {
    process: shell,
    ended,
    type: (text: string) => void keyboard.write(text),
    shown: () => readFileSync(shown, "utf8"),
  };
  shells.push(started);
  return started;
}

/** A job that was checkpointed out of its shell. */
async function dumpJob(group: "own" | "shell"): Promise<DumpedProgram> {
  const { place, directory, images } = makePlace();
  compile(join(SHELL_JOB, "shell.c"), join(place, "shell"));
  compile(join(SHELL_JOB, "program.c"), join(place, "program"));
  // The session is the shell's; whoever runs the program is known by its path.
  const program = { directory, images, pid: 0, session: 0 };
  programs.push(program);
  const shell = startShell(program, group, [join(place, "program")]);
  await until(() => existsSync(join(directory, "ready")), "the job is ready");
  const pid = Number(readFileSync(join(directory, "pid"), "utf8"));
  dump(images, pid, ["--shell-job"], group === "own" ? "shell-job" : "shell-job-in-group");
  await shell.ended;
  programs.pop();
  programs.push({ ...program, pid });
  return { ...program, pid };
}

describeDumped(`jobs of shells`, () => {
  it.each([
    ["own", "own"],
    ["shell", "own"],
    ["shell", "shell"],
  ] as const)("restores a job of the group %s in another shell, in the group %s", async (before, after) => {
    const program = await dumpJob(before);
    const { directory, images } = program;
    const words = [process.execPath, COMMAND, "restore", "--shell-job", "-D", images, "-o", "restore.log", "-v4"];
    const shell = startShell(program, after, words);
    await until(() => existsSync(join(images, "restore.log")), "the restore begins");
    writeFileSync(join(directory, "go"), "");
    await until(() => existsSync(join(directory, "listening")), "the job runs");
    await until(() => shell.shown().includes("shown"), "what it writes is shown");
    shell.type("typed");
    await until(() => existsSync(join(directory, "interruptible")), "the job has read");
    shell.type("\x03");
    expect(await verdictOf(program)).toBe("pass");
    expect(await shell.ended).toBe(0);
  });

  it("gives the terminal back as it was when the restore fails, and says what was missing", async () => {
    const program = await dumpJob("own");
    const { directory, images } = program;
    const failing = join(directory, "fail.sh");
    writeFileSync(failing, '#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" != post-restore ]\n', { mode: 0o755 });
    const restage = `'${process.execPath}' '${COMMAND}' restore -D '${images}'`;
    const script = `
        state() { stty -a; cut -d' ' -f8 /proc/self/stat; }
        stty rows 50 cols 100; state > before
        ${restage} 2> without-option
        ${restage} -j < /dev/null 2> without-terminal
        ${restage} -j --action-script '${failing}' 2> failed
        state > after; echo done > end`;
    const shell = startShell(program, "own", ["sh", "-c", script]);
    expect(await shell.ended).toBe(0);
    const text = (name: string) => readFileSync(join(directory, name), "utf8");
    expect(text("without-option")).toContain("--shell-job");
    expect(text("without-terminal")).toContain(
      "standard input, which is to take its place (--shell-job), is no terminal",
    );
    expect(text("failed")).toContain("fail.sh");
    expect(text("after")).toBe(text("before"));
  });
});

describeDumped(`terminals that no fixture has`, () => {
  it("restores pseudoterminals in all their states", async () => {
    const program = await dumpProgram(join(import.meta.dirname, "terminals"));
    programs.push(program);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("takes a terminal that is handed over for one that was external", async () => {
    const source = join(import.meta.dirname, "external-terminal");
    const nameIn = (directory: string) => readFileSync(join(directory, "external-name"), "utf8");
    const program = await dumpProgram(source, (directory) => ["--external", nameIn(directory)]);
    programs.push(program);
    const { directory } = program;
    const name = nameIn(directory);
    await expect(restoreProgram(program)).rejects.toMatchObject({
      code: "ERR_REFUSED",
      hint: expect.stringContaining(`--inherit-fd 'fd[N]:${name}'`),
    });
    const terminal = openSync(readFileSync(join(directory, "terminal"), "utf8"), constants.O_RDWR | constants.O_NOCTTY);
    await restoreProgram(program, { inheritFd: { [name]: terminal } });
    closeSync(terminal);
    expect(await verdictOf(program)).toBe("pass");
    await until(() => existsSync(join(directory, "shown")), "what it writes is shown");
    expect(readFileSync(join(directory, "shown"), "utf8")).toBe("restored");
  });
});
