import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type DumpedProgram, describeDumped, dumpProgram, forget, restoreProgram, until, verdictOf } from "./case.ts";

const programs: DumpedProgram[] = [];
const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
  for (const program of programs.splice(0)) forget(program);
});

async function dump(name: string, prepare?: (directory: string) => void): Promise<DumpedProgram> {
  const program = await dumpProgram(join(import.meta.dirname, name), () => [], prepare);
  programs.push(program);
  return program;
}

/** A directory of the program that is a mount. */
function mounted(directory: string): void {
  const at = join(directory, "mounted");
  mkdirSync(at);
  expect(spawnSync("mount", ["--bind", at, at]).status).toBe(0);
  undos.push(() => spawnSync("umount", ["--lazy", at]));
}

/** CRIU saves BPF maps only when it was built with libbpf. */
const savesMaps = spawnSync("ldd", [process.env["CRIU"] ?? ""], { encoding: "utf8" }).stdout?.includes("libbpf");

describeDumped(`kinds of open files`, () => {
  it.each(["pidfds", "namespace-files", "packet-sockets", "tun"])("restores %s", async (name) => {
    const program = await dump(name);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("restores tcp-requests", async () => {
    const source = join(import.meta.dirname, "tcp-requests");
    const program = await dumpProgram(source, () => ["--tcp-established"]);
    programs.push(program);
    await restoreProgram(program, { tcpEstablished: true });
    expect(await verdictOf(program)).toBe("pass");
  });

  it("restores watched-files", async () => {
    const program = await dump("watched-files", mounted);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("restores container-files, and leaves what the host has under the same paths alone", async () => {
    const decoy = "/tmp/restage-decoy/socket";
    mkdirSync(dirname(decoy), { recursive: true });
    undos.push(() => rmSync(dirname(decoy), { recursive: true }));
    const server = createServer().listen(decoy);
    undos.push(() => server.close());
    await until(() => existsSync(decoy), "the decoy is there");
    const { ino } = statSync(decoy);
    const source = join(import.meta.dirname, "container-files");
    const program = await dumpProgram(source, () => [], undefined, ["-static"]);
    programs.push(program);
    await restoreProgram(program, { root: program.directory });
    expect(await verdictOf(program)).toBe("pass");
    expect(statSync(decoy).ino).toBe(ino);
  });

  it.skipIf(!savesMaps)(`restores bpf-maps${savesMaps ? "" : " (SKIPPED: CRIU without libbpf)"}`, async () => {
    const program = await dump("bpf-maps");
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
