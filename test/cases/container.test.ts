import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { kill } from "../support/end.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { Machine } from "../support/machine.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, restoreThatDies, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

/** The user that is root in the user namespace of the container. */
const USER = 100_000;
const HELLO = "exec 3<>/dev/tcp/192.0.2.2/7300 && read -t 5 line <&3 && echo $line";
const GREET =
  'require("node:net").createServer((to) => to.on("error", () => {}).end("hello\\n")).listen(7300, "192.0.2.1")';

let machine: Machine;
beforeEach(async () => {
  machine = await Machine.start();
});

function dumpContainer(users: boolean): Promise<DumpedProgram> {
  const prepare = (directory: string) => {
    writeFileSync(join(directory, "host"), machine.network);
    for (const name of ["proc", "tmp", "shared", "bound"]) mkdirSync(join(directory, name));
    writeFileSync(join(directory, "shared", "file"), "bound");
    if (!users) return;
    writeFileSync(join(directory, "users"), "");
    // The root of the user namespace has no privileges outside of it.
    chmodSync(dirname(directory), 0o755);
    for (const name of [".", "proc", "tmp", "shared", "shared/file", "bound"])
      chownSync(join(directory, name), USER, USER);
  };
  return dumpCase("container", { prepare, compiler: ["-static"] });
}

function flagsFor({ images, directory }: DumpedProgram): readonly string[] {
  return ["-D", images, "--root", directory, "--external", "veth[eth0]:uplink"];
}

describeDumped("a container", () => {
  it.each([
    ["", false],
    [" and its user namespace", true],
  ])("is restored with its link to the host%s", async (_title, users) => {
    const program = await dumpContainer(users);
    const pidfile = join(program.images, "pid");
    const { stderr } = machine.restage("restore", "-d", ...flagsFor(program), "--pidfile", pidfile);
    expect(stderr).toBe("");
    const pid = Number(readFileSync(pidfile, "utf8"));
    onTestFinished(() => kill(pid));
    machine.run("sh", "-c", "ip addr add 192.0.2.1/24 dev uplink; ip link set uplink up");
    machine.start(process.execPath, "-e", GREET);
    const isListening = () => machine.run("bash", "-c", "exec 3<>/dev/tcp/192.0.2.1/7300").status === 0;
    await until(isListening, "the host listens");
    expect(machine.run("bash", "-c", HELLO).stdout).toBe("hello\n");
    const names = spawnSync("nsenter", ["-u", "-t", String(pid), "hostname"], { encoding: "utf8" });
    expect(names.stdout).toBe("container\n");
    expect(readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(/^NSpid:\s+\d+\s+1$/m);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("leaves the host unchanged when its coordinator is killed", async () => {
    const program = await dumpContainer(false);
    await until(() => !machine.survey().includes("uplink"), "the kernel has removed the link of the dumped container");
    const links = machine.survey();
    const before = survey();
    const request = { root: program.directory, external: ["veth[eth0]:uplink"] };
    const { signal } = machine.run(...restoreThatDies(program, "RESTORE", request));
    expect(signal).toBe("SIGKILL");
    await until(() => machine.survey() === links, "the host has its links and firewall rules back");
    await expectNothingLeft(before);
  });
});
