import { spawn, spawnSync } from "node:child_process";
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
import { expect, it, onTestFinished } from "vitest";
import { failingAfter } from "../support/failing-after.ts";
import { failureOf } from "../support/failure-of.ts";
import { isRunning } from "../support/proc.ts";
import { run } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, restoreProgram, restoreThatDies, verdictOf } from "./case.ts";
import { itComesBack } from "./comes-back.ts";
import { describeDumped } from "./dumpers.ts";

const dumpDeleted = () => dumpCase("deleted-files", { flags: ["--ghost-fiemap", "--ghost-limit", "8M"] });

/** The names in the program's directory. */
function names({ directory }: DumpedProgram): readonly string[] {
  return readdirSync(directory).sort();
}

describeDumped("files beyond those of the fixtures", () => {
  for (const [name, flags, request] of [
    ["deleted-files", ["--ghost-fiemap", "--ghost-limit", "8M"], {}],
    ["deleted-program", [], {}],
    ["link-remaps", ["--link-remap"], {}],
    ["dead-processes", [], {}],
    ["file-owners", [], {}],
    ["file-locks", ["--file-locks"], { fileLocks: true }],
    ["more-locks", ["--file-locks"], { fileLocks: true }],
    ["odd-files", ["--link-remap"], {}],
    ["odd-pipes", [], {}],
    ["many-files", [], {}],
    ["epolls", [], {}],
    ["epoll-in-flight", [], {}],
    ["files-in-flight", [], {}],
    ["fifo-over-socket", [], {}],
    ["read-only-memfds", [], {}],
  ] as const)
    itComesBack(`are restored: ${name}`, name, { flags }, request);

  const inRoot = ({ directory }: DumpedProgram) => ({ root: directory });
  itComesBack(
    "of dead processes are restored in a pid namespace",
    "dead-in-namespace",
    { compiler: ["-static"] },
    inRoot,
  );

  it.each([
    ["", false, {}],
    [", in a new pid namespace", false, { newPidNamespace: true }],
    [", in a mount namespace of its own", true, {}],
  ])("can be replaced by files that the caller passes%s", async (_where, isContained, request) => {
    const external = (directory: string) => readFileSync(join(directory, "external-name"), "utf8");
    const flagsFor = (directory: string) => ["--external", external(directory)];
    const prepare = (directory: string) => {
      if (isContained) writeFileSync(join(directory, "contained"), "");
    };
    const program = await dumpCase("inherited-files", { flagsFor, prepare, compiler: ["-static"] });
    const { directory } = program;
    const options = isContained ? { root: directory } : request;
    const failure = await failureOf(restoreProgram(program, options));
    expect(failure.hint).toContain(`--inherit-fd 'fd[N]:${external(directory)}'`);
    const [log, file, pipe] = ["other-log", "other-file", "other-pipe"].map((name) => join(directory, name));
    writeFileSync(log ?? "", "mine");
    writeFileSync(file ?? "", "0123456789");
    spawnSync("mkfifo", [pipe ?? ""]);
    const passed = [openSync(log ?? "", "a"), openSync(file ?? "", "r+"), openSync(pipe ?? "", "r+")];
    const [logFd = 0, fileFd = 0, pipeFd = 0] = passed;
    const inheritFd = {
      [isContained ? "log" : join(directory, "log").slice(1)]: logFd,
      [external(directory)]: fileFd,
      [readFileSync(join(directory, "pipe-name"), "utf8")]: pipeFd,
    };
    await restoreProgram(program, { ...options, inheritFd });
    writeSync(pipeFd, "outside");
    expect(await verdictOf(program)).toBe("pass");
    for (const fd of passed) closeSync(fd);
    expect(readFileSync(log ?? "", "utf8")).toBe("mineafter");
    expect(readFileSync(file ?? "", "utf8")).toBe("012345after");
  });

  it.each(["FORKING", "RESTORE", "RESTORE_CREDS"] as const)(
    "are removed when the restore fails after %s",
    async (stage) => {
      const program = await dumpDeleted();
      const before = names(program);
      const error = await failureOf(restoreProgram(program, { plugins: [failingAfter(stage)] }));
      expect(error.message).toBe("on purpose");
      expect(error.failures).toEqual([]);
      expect(names(program)).toEqual(before);
    },
  );

  it("are removed when the coordinator is killed", async () => {
    const program = await dumpDeleted();
    const before = names(program);
    const { signal, stderr } = run(restoreThatDies(program, "RESTORE"));
    expect(signal, stderr).toBe("SIGKILL");
    await until(() => names(program).length === before.length, "the janitor has removed the files");
    expect(names(program)).toEqual(before);
    await until(() => !isRunning(program.pid), "its tasks have ended");
  });

  it("keep their link remaps until a restore succeeds", async () => {
    const program = await dumpCase("link-remaps", { flags: ["--link-remap"] });
    const before = names(program);
    expect(before.filter((name) => name.startsWith("link_remap"))).toHaveLength(2);
    await failureOf(restoreProgram(program, { plugins: [failingAfter("RESTORE_CREDS")] }));
    expect(names(program)).toEqual(before);
    await restoreProgram(program);
    expect(names(program).filter((name) => name.startsWith("link_remap"))).toEqual([]);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("whose lock another process holds make the restore fail, with a hint for finding the holder", async () => {
    const program = await dumpCase("file-locks", { flags: ["--file-locks"] });
    expect((await failureOf(restoreProgram(program))).hint).toContain("--file-locks");
    const locked = join(program.directory, "flocked");
    const holder = spawn("flock", ["-x", locked, "sleep", "60"]);
    onTestFinished(() => void holder.kill("SIGKILL"));
    const isLocked = () => spawnSync("flock", ["-n", "-x", locked, "true"]).status === 1;
    await until(isLocked, "the lock is held");
    const error = await failureOf(restoreProgram(program, { fileLocks: true }));
    expect(error).toMatchObject({
      code: "ERR_SYSCALL",
      stage: "RESTORE_SIGCHLD",
      plugin: "file-locks",
      pid: program.pid,
    });
    expect(error.hint).toContain("lslocks");
    expect(existsSync(`/proc/${program.pid}`)).toBe(false);
  });

  it("that have changed since the checkpoint are refused before the restore starts", async () => {
    const program = await dumpCase("link-remaps", { flags: ["--link-remap"] });
    const link = names(program).find((name) => name.startsWith("link_remap")) ?? "";
    const path = join(program.directory, link);
    truncateSync(path, 2);
    expect((await failureOf(restoreProgram(program))).message).toContain("its size is 2 bytes, but was ");
    rmSync(path);
    expect((await failureOf(restoreProgram(program))).message).toBe(`file ${path}: it does not exist`);
    const executable = join(program.directory, "../program");
    renameSync(executable, `${executable}.gone`);
    const error = await failureOf(restoreProgram(program));
    expect(error.describe()).toContain(`file ${executable}: it does not exist`);
  });
});
