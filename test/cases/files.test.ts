import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { definePlugin, RestoreError, type RestoreRequest, type RunStageName } from "@restage/core";
import { afterEach, expect, it } from "vitest";
import {
  type DumpedProgram,
  describeDumped,
  dumpProgram,
  forget,
  restoreProgram,
  restoreThatDies,
  until,
  verdictOf,
} from "./case.ts";

const programs: DumpedProgram[] = [];
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const program of programs.splice(0)) forget(program);
});

async function dump(name: string, flags: readonly string[] = []): Promise<DumpedProgram> {
  const program = await dumpProgram(join(import.meta.dirname, name), () => flags);
  programs.push(program);
  return program;
}

const dumpDeleted = () => dump("deleted-files", ["--ghost-fiemap", "--ghost-limit", "8M"]);

/** The names in the program's directory. */
function names({ directory }: DumpedProgram): readonly string[] {
  return readdirSync(directory).sort();
}

/** An ended task may wait for init to reap it. */
function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
}

async function failureOf(program: DumpedProgram, request: Partial<RestoreRequest> = {}): Promise<RestoreError> {
  try {
    await restoreProgram(program, request);
  } catch (error) {
    if (error instanceof RestoreError) return error;
    throw error;
  }
  throw new Error("The restore did not fail");
}

/** Fails the restore when a stage is left. */
function failingAfter(stage: RunStageName) {
  return definePlugin({
    name: "failing",
    apply({ stages }) {
      stages[stage].leave.tap("failing", () => {
        throw new Error("told to fail");
      });
    },
  });
}

describeDumped(`files that no fixture has`, () => {
  it.each([
    ["deleted-files", ["--ghost-fiemap", "--ghost-limit", "8M"], {}],
    ["deleted-program", [], {}],
    ["link-remaps", ["--link-remap"], {}],
    ["dead-processes", [], {}],
    ["file-owners", [], {}],
    ["file-locks", ["--file-locks"], { fileLocks: true }],
    ["more-locks", ["--file-locks"], { fileLocks: true }],
    ["odd-files", ["--link-remap"], {}],
    ["odd-pipes", [], {}],
    ["epolls", [], {}],
  ] as const)("restores %s", async (name, flags, options) => {
    const program = await dump(name, flags);
    await restoreProgram(program, options);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("hands files over in place of those of the checkpoint", async () => {
    const external = (directory: string) => readFileSync(join(directory, "external-name"), "utf8");
    const source = join(import.meta.dirname, "inherited-files");
    const program = await dumpProgram(source, (directory) => ["--external", external(directory)]);
    programs.push(program);
    const { directory } = program;
    expect((await failureOf(program)).hint).toContain(`--inherit-fd 'fd[N]:${external(directory)}'`);
    const [log, file, pipe] = ["other-log", "other-file", "other-pipe"].map((name) => join(directory, name));
    writeFileSync(log ?? "", "mine");
    writeFileSync(file ?? "", "0123456789");
    spawnSync("mkfifo", [pipe ?? ""]);
    const handed = [openSync(log ?? "", "a"), openSync(file ?? "", "r+"), openSync(pipe ?? "", "r+")];
    const [logFd = 0, fileFd = 0, pipeFd = 0] = handed;
    const inheritFd = {
      [join(directory, "log").slice(1)]: logFd,
      [external(directory)]: fileFd,
      [readFileSync(join(directory, "pipe-name"), "utf8")]: pipeFd,
    };
    await restoreProgram(program, { inheritFd });
    writeSync(pipeFd, "outside");
    expect(await verdictOf(program)).toBe("pass");
    for (const fd of handed) closeSync(fd);
    expect(readFileSync(log ?? "", "utf8")).toBe("mineafter");
    expect(readFileSync(file ?? "", "utf8")).toBe("012345after");
  });

  it.each(["FORKING", "RESTORE", "RESTORE_CREDS"] as const)(
    "leaves no file of a restore that fails after %s",
    async (stage) => {
      const program = await dumpDeleted();
      const before = names(program);
      const error = await failureOf(program, { plugins: [failingAfter(stage)] });
      expect(error.message).toBe("told to fail");
      expect(error.failures).toEqual([]);
      expect(names(program)).toEqual(before);
    },
  );

  it("leaves no file when the coordinator is killed", async () => {
    const program = await dumpDeleted();
    const before = names(program);
    const [node, ...words] = restoreThatDies(program, "RESTORE");
    const coordinator = spawn(node, words, { stdio: "inherit" });
    started.push(coordinator);
    const signal = await new Promise((resolve) => coordinator.once("exit", (_code, signal) => resolve(signal)));
    expect(signal).toBe("SIGKILL");
    await until(() => names(program).length === before.length, "the janitor has tidied up");
    expect(names(program)).toEqual(before);
    await until(() => !isRunning(program.pid), "its tasks have ended");
  });

  it("keeps the links that the dump has left until a restore succeeds", async () => {
    const program = await dump("link-remaps", ["--link-remap"]);
    const before = names(program);
    expect(before.filter((name) => name.startsWith("link_remap"))).toHaveLength(2);
    await failureOf(program, { plugins: [failingAfter("RESTORE_CREDS")] });
    expect(names(program)).toEqual(before);
    await restoreProgram(program);
    expect(names(program).filter((name) => name.startsWith("link_remap"))).toEqual([]);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("does not take a lock that somebody else has, and says how to find out who", async () => {
    const program = await dump("file-locks", ["--file-locks"]);
    expect((await failureOf(program)).hint).toContain("--file-locks");
    const holder = spawn("flock", ["-x", join(program.directory, "flocked"), "sleep", "60"]);
    started.push(holder);
    const isHeld = () => spawnSync("flock", ["-n", "-x", join(program.directory, "flocked"), "true"]).status === 1;
    await until(isHeld, "the lock is held");
    const error = await failureOf(program, { fileLocks: true });
    expect(error).toMatchObject({
      code: "ERR_SYSCALL",
      stage: "RESTORE_SIGCHLD",
      plugin: "file-locks",
      pid: program.pid,
    });
    expect(error.hint).toContain("lslocks");
    expect(existsSync(`/proc/${program.pid}`)).toBe(false);
  });

  it("refuses files that are not what they were, before anything is done", async () => {
    const program = await dump("link-remaps", ["--link-remap"]);
    const link = names(program).find((name) => name.startsWith("link_remap")) ?? "";
    const path = join(program.directory, link);
    truncateSync(path, 2);
    expect((await failureOf(program)).message).toContain("its size is 2 bytes, and was ");
    rmSync(path);
    expect((await failureOf(program)).message).toBe(`file ${path}: it is not there`);
    const executable = join(program.directory, "../program");
    renameSync(executable, `${executable}.gone`);
    expect((await failureOf(program)).describe()).toContain(`file ${executable}: it is not there`);
  });
});
