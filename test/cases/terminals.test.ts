import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, constants, createWriteStream, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { compile } from "../support/compile.ts";
import { COMMAND } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, forget, makePlace, restoreProgram, startProgram, verdictOf } from "./case.ts";
import { itComesBack } from "./comes-back.ts";
import { describeDumped, dump } from "./dumpers.ts";

const SHELL_JOB = join(import.meta.dirname, "shell-job");

/** A shell that runs a job in its own terminal. */
interface Shell {
  readonly ended: Promise<number | null>;
  type(text: string): void;
  shown(): string;
}

/** Runs a command as the job of a shell, in its own process group or in the group of the shell. */
function startShell(program: DumpedProgram, group: "own" | "shell", command: readonly string[]): Shell {
  const place = join(program.directory, "..");
  const id = randomUUID();
  const [typed, shown] = [join(place, `typed-${id}`), join(place, `shown-${id}`)];
  spawnSync("mkfifo", [typed]);
  const shell = spawn(join(place, "shell"), [typed, shown, ...command], {
    cwd: program.directory,
    stdio: "ignore",
    detached: true,
    env: { ...process.env, JOB_GROUP: group },
  });
  onTestFinished(() => void shell.kill("SIGKILL"));
  const keyboard = createWriteStream(typed, { flags: "r+" });
  // The end of the test may remove the file before it is opened.
  keyboard.once("error", () => {});
  const ended = new Promise<number | null>((resolve) => shell.once("exit", resolve));
  return { ended, type: (text) => void keyboard.write(text), shown: () => readFileSync(shown, "utf8") };
}

/** Checkpoints a job without its shell. */
async function dumpJob(group: "own" | "shell"): Promise<DumpedProgram> {
  const { place, directory, images } = makePlace();
  compile(join(SHELL_JOB, "shell.c"), join(place, "shell"));
  compile(join(SHELL_JOB, "program.c"), join(place, "program"));
  // The job is in the session of its shell: its processes are recognized by their path alone.
  const program = { directory, images, pid: 0, session: 0 };
  onTestFinished(() => forget(program));
  const shell = startShell(program, group, [join(place, "program")]);
  await until(() => existsSync(join(directory, "ready")), "the job is ready");
  const pid = Number(readFileSync(join(directory, "pid"), "utf8"));
  dump(images, pid, ["--shell-job"], group === "own" ? "shell-job" : "shell-job-in-group");
  await shell.ended;
  return { ...program, pid };
}

describeDumped("a shell job", () => {
  it.each([
    ["own", "own"],
    ["shell", "own"],
    ["shell", "shell"],
  ] as const)(
    "of the process group '%s' is restored in another shell, in the process group '%s'",
    async (before, after) => {
      const program = await dumpJob(before);
      const { directory, images } = program;
      const words = [process.execPath, COMMAND, "restore", "--shell-job", "-D", images, "-o", "restore.log", "-v4"];
      const shell = startShell(program, after, words);
      await until(() => existsSync(join(images, "restore.log")), "the restore has started");
      writeFileSync(join(directory, "go"), "");
      await until(() => existsSync(join(directory, "listening")), "the job runs");
      await until(() => shell.shown().includes("shown"), "its output is shown");
      shell.type("typed");
      await until(() => existsSync(join(directory, "interruptible")), "the job has read");
      shell.type("\x03");
      expect(await verdictOf(program)).toBe("pass");
      expect(await shell.ended).toBe(0);
    },
  );

  it("leaves the terminal unchanged when the restore fails, and the error names what is missing", async () => {
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
    expect(text("without-terminal")).toContain("standard input, which replaces it (--shell-job), is not a terminal");
    expect(text("failed")).toContain("fail.sh");
    expect(text("after")).toBe(text("before"));
  });
});

describeDumped("terminals beyond those of the fixtures", () => {
  for (const name of ["terminals", "leader-without-terminal", "hung-terminal"])
    itComesBack(`are restored in every state of a pseudoterminal: ${name}`, name);
  itComesBack("have the data that nobody had read, in its lines and packets", "terminal-queues");

  it("can be passed by the caller in place of an external terminal", async () => {
    const nameIn = (directory: string) => readFileSync(join(directory, "external-name"), "utf8");
    const flagsFor = (directory: string) => ["--external", nameIn(directory)];
    const program = await dumpCase("external-terminal", { flagsFor });
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
    await until(() => existsSync(join(directory, "shown")), "its output is shown");
    expect(readFileSync(join(directory, "shown"), "utf8")).toBe("restored");
  });
});

describeDumped("the console of a container", () => {
  const inRoot = ({ directory }: DumpedProgram) => ({ root: directory });
  itComesBack("keeps its path, and those of the terminal that it shows", "console", { compiler: ["-static"] }, inRoot);
});

describeDumped(
  "terminals of a tree that a checkpoint leaves running",
  () => {
    it("keep what waits in them (terminals)", async () => {
      const program = await startProgram(join(import.meta.dirname, "terminals"));
      dump(program.images, program.pid, ["--leave-running"]);
      expect(await verdictOf(program)).toBe("pass");
    });
  },
  undefined,
  ["Restage"],
);
