import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PidsCgroup } from "../support/pids-cgroup.ts";
import { describeUnless } from "../support/requirements.ts";
import { COMMAND, run } from "../support/restage.ts";
import { type DumpedProgram, dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { describeDumped, noDumpsByCriu } from "./dumpers.ts";
import { expectNothingLeftInAnyStage } from "./failing-in-each-stage.ts";

/** The user that is root in the user namespace of the container, and another one of it. */
const USER = 100_000;
const OTHER = USER + 500;

/** Makes the root directory, below one that only the host's root can enter once the container runs. */
function prepare(directory: string): void {
  chmodSync(join(directory, ".."), 0o755);
  for (const name of ["proc", "tmp", "pts", "sub", "other", "other/child"]) mkdirSync(join(directory, name));
  writeFileSync(join(directory, "other/leased"), "leased");
  for (const name of [".", "proc", "tmp", "pts", "sub"]) chownSync(join(directory, name), USER, USER);
  for (const name of ["other", "other/child", "other/leased"]) chownSync(join(directory, name), OTHER, OTHER);
}

const cgroup = new PidsCgroup("user-container");

async function dumpContainer(hasLinks = false): Promise<DumpedProgram> {
  cgroup.make();
  const prepareAll = (directory: string) => {
    prepare(directory);
    cgroup.linkFrom(directory);
    if (hasLinks) writeFileSync(join(directory, "links"), "");
  };
  const flags = ["--file-locks", "--link-remap", ...(cgroup.isPossible ? ["--manage-cgroups"] : [])];
  const program = await dumpCase("user-container", { prepare: prepareAll, compiler: ["-static"], flags });
  chmodSync(join(program.directory, ".."), 0o700);
  await cgroup.remove();
  return program;
}

const requestOf = ({ directory }: DumpedProgram) => ({ root: directory, fileLocks: true, skipFileRwxCheck: true });

describeUnless(noDumpsByCriu, "a container in a user namespace, with deleted links and two mount namespaces", () => {
  it("is restored below a directory that it must not enter", async () => {
    const program = await dumpContainer(true);
    await restoreProgram(program, requestOf(program));
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeDumped("a container in a user namespace", () => {
  it("is restored below a directory that it must not enter", async () => {
    const program = await dumpContainer();
    await restoreProgram(program, requestOf(program));
    if (cgroup.isPossible) expect(cgroup.processes()).not.toEqual([]);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("is restored as a child of the caller (--restore-sibling)", async () => {
    const program = await dumpContainer();
    const { images, directory } = program;
    const words = ["-d", "-S", "-D", images, "--root", directory, "--file-locks", "--skip-file-rwx-check"];
    const pidfile = join(images, "pid");
    const script = `"$@"; read found < /proc/$$/task/$$/children; echo $found`;
    const command = [process.execPath, COMMAND, "restore", ...words, "--pidfile", pidfile];
    const { stdout, stderr } = run(["sh", "-c", script, "sh", ...command]);
    expect(stderr).toBe("");
    expect(stdout.trim().split(" ")).toContain(readFileSync(pidfile, "utf8").trim());
    expect(await verdictOf(program)).toBe("pass");
  });

  it("leaves nothing behind after a failure in any stage", async () => {
    const program = await dumpContainer();
    await expectNothingLeftInAnyStage(program, requestOf(program), program.directory, cgroup);
  });
});
