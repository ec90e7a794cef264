import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RestoreRequest } from "@restage/core";
import { expect, it } from "vitest";
import { PidsCgroup } from "../support/pids-cgroup.ts";
import { type DumpedProgram, dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";
import { expectNothingLeftInAnyStage } from "./failing-in-each-stage.ts";
import { mountDifference } from "./mount-difference.ts";

/** The user that is root in the user namespace of the container, and another one of it. */
const USER = 100_000;
const OTHER = USER + 500;
const DIRECTORIES = ["proc", "sys", "dev", "etc", "volume", "nodes", "foreign"];
/** What the container has of the host: mount points, and their sources in the place of the test or on the host. */
const VOLUMES = { "/volume": "volume", "/etc/hosts": "hosts" } as const;
const DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"];
const EXTERNAL = [...Object.keys(VOLUMES), ...DEVICES];

const cgroup = new PidsCgroup("user-volumes");

/** Makes the root directory and the volumes, below a directory that only the host's root can enter once the container runs. */
function prepare(directory: string): void {
  const place = join(directory, "..");
  chmodSync(place, 0o755);
  for (const name of DIRECTORIES) mkdirSync(join(directory, name));
  for (const name of [".", ...DIRECTORIES]) chownSync(join(directory, name), USER, USER);
  chmodSync(join(directory, "foreign"), 0o777);
  for (const [name, minor] of Object.entries({ zero: "5", gone: "7" }))
    execFileSync("mknod", ["-m", "666", join(directory, "nodes", name), "c", "1", minor]);
  mkdirSync(join(place, "volume/other"), { recursive: true });
  writeFileSync(join(place, "volume/data"), "before");
  writeFileSync(join(place, "hosts"), "hosts");
  chownSync(join(place, "volume/other"), OTHER, OTHER);
  chownSync(join(place, "volume/data"), USER, USER);
  cgroup.linkFrom(directory);
}

async function dumpContainer(): Promise<DumpedProgram> {
  cgroup.make();
  const external = EXTERNAL.flatMap((mount) => ["--external", `mnt[${mount}]:${mount}`]);
  const flags = ["--file-locks", "--link-remap", ...external, ...(cgroup.isPossible ? ["--manage-cgroups"] : [])];
  const program = await dumpCase("user-volumes", { prepare, compiler: ["-static"], flags });
  chmodSync(join(program.directory, ".."), 0o700);
  await cgroup.remove();
  return program;
}

function requestOf({ directory }: DumpedProgram): Partial<RestoreRequest> {
  const volumes = Object.entries(VOLUMES).map(([mount, name]) => `mnt[${mount}]:${join(directory, "..", name)}`);
  const external = [...volumes, ...DEVICES.map((device) => `mnt[${device}]:${device}`)];
  return { root: directory, fileLocks: true, skipFileRwxCheck: true, external };
}

describeDumped("a container in a user namespace with volumes, devices and a cgroup namespace", () => {
  it("is restored below a directory that it must not enter", async () => {
    const program = await dumpContainer();
    await restoreProgram(program, requestOf(program));
    const verdict = await verdictOf(program);
    expect(mountDifference(program)).toBe("");
    expect(verdict).toBe("pass");
  });

  it("leaves nothing behind after a failure in any stage", async () => {
    const program = await dumpContainer();
    await expectNothingLeftInAnyStage(program, requestOf(program), join(program.directory, ".."), cgroup);
  });
});
