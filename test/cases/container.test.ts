import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { Machine } from "../support/machine.ts";
import { type DumpedProgram, dumpProgram, forget, missing, restoreThatDies, until, verdictOf } from "./case.ts";

/** Who is root in the user namespace of the container. */
const USER = 100_000;
const HELLO = "exec 3<>/dev/tcp/192.0.2.2/7300 && read -t 5 line <&3 && echo $line";
const GREET =
  'require("node:net").createServer((to) => to.on("error", () => {}).end("hello\\n")).listen(7300, "192.0.2.1")';

let machine: Machine;
let program: DumpedProgram | undefined;
let pid = 0;
beforeEach(async () => {
  machine = await Machine.start();
});
afterEach(() => {
  if (pid !== 0) process.kill(pid, "SIGKILL");
  if (program !== undefined) forget(program);
  pid = 0;
  program = undefined;
  machine.end();
});

async function dump(users: boolean): Promise<DumpedProgram> {
  const prepare = (directory: string) => {
    writeFileSync(join(directory, "host"), machine.network);
    for (const name of ["proc", "tmp", "shared", "bound"]) mkdirSync(join(directory, name));
    writeFileSync(join(directory, "shared", "file"), "bound");
    if (!users) return;
    writeFileSync(join(directory, "users"), "");
    // Its root has no rights outside.
    chmodSync(dirname(directory), 0o755);
    for (const name of [".", "proc", "tmp", "shared", "shared/file", "bound"])
      chownSync(join(directory, name), USER, USER);
  };
  program = await dumpProgram(join(import.meta.dirname, "container"), () => [], prepare, ["-static"]);
  return program;
}

function flagsFor({ images, directory }: DumpedProgram): readonly string[] {
  return ["-D", images, "--root", directory, "--external", "veth[eth0]:uplink"];
}

describe.skipIf(missing !== undefined)("a container", () => {
  it.each([
    ["", false],
    [" with users of its own", true],
  ])("comes back%s, with a link to the host", async (_title, users) => {
    const program = await dump(users);
    const pidfile = join(program.images, "pid");
    const { stderr } = machine.restage("restore", "-d", ...flagsFor(program), "--pidfile", pidfile);
    expect(stderr).toBe("");
    pid = Number(readFileSync(pidfile, "utf8"));
    machine.run("sh", "-c", "ip addr add 192.0.2.1/24 dev uplink; ip link set uplink up");
    machine.start(process.execPath, "-e", GREET);
    await until(() => machine.run("bash", "-c", "exec 3<>/dev/tcp/192.0.2.1/7300").status === 0, "the host greets");
    expect(machine.run("bash", "-c", HELLO).stdout).toBe("hello\n");
    const names = spawnSync("nsenter", ["-u", "-t", String(pid), "hostname"], { encoding: "utf8" });
    expect(names.stdout).toBe("container\n");
    expect(readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(/^NSpid:\s+\d+\s+1$/m);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("leaves the host as it was when its coordinator is killed", async () => {
    const program = await dump(false);
    const links = machine.survey();
    const before = survey();
    const request = { root: program.directory, external: ["veth[eth0]:uplink"] };
    const { signal } = machine.run(...restoreThatDies(program, "RESTORE", request));
    expect(signal).toBe("SIGKILL");
    await until(() => machine.survey() === links, "links and firewall of the host are as they were");
    await expectNothingLeft(before);
  });
});
