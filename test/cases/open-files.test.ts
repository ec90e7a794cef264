import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { CRIU } from "../support/requirements.ts";
import { until } from "../support/until.ts";
import { dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { itComesBack } from "./comes-back.ts";
import { describeDumped } from "./dumpers.ts";

/** Puts the program's directory on a disk, because CRIU does not save watches on deleted files of a tmpfs, and makes a directory of it that is a mount. */
function mountDirectories(directory: string): void {
  const place = mkdtempSync("/var/tmp/restage-watched-");
  onTestFinished(() => rmSync(place, { recursive: true }));
  const mount = (from: string, at: string) => {
    expect(spawnSync("mount", ["--bind", from, at]).status).toBe(0);
    onTestFinished(() => void spawnSync("umount", ["--lazy", at]));
  };
  mount(place, directory);
  const mounted = join(directory, "mounted");
  mkdirSync(mounted);
  mount(mounted, mounted);
}

const savesMaps = spawnSync("ldd", [CRIU], { encoding: "utf8" }).stdout?.includes("libbpf");
const noMaps = savesMaps ? undefined : "needs a CRIU built with libbpf, which alone saves BPF maps";

describeDumped("open files", () => {
  for (const name of ["pidfds", "namespace-files", "packet-sockets", "tun", "timerfds"])
    itComesBack(`are restored: ${name}`, name);
  itComesBack("are restored: tcp-requests", "tcp-requests", { flags: ["--tcp-established"] }, { tcpEstablished: true });
  itComesBack("are restored: watched-files", "watched-files", { prepare: mountDirectories });

  it("are restored: container-files, and files of the host with the same paths stay unchanged", async () => {
    const decoy = "/tmp/restage-decoy/socket";
    mkdirSync(dirname(decoy), { recursive: true });
    onTestFinished(() => rmSync(dirname(decoy), { recursive: true }));
    const server = createServer().listen(decoy);
    onTestFinished(() => void server.close());
    await until(() => existsSync(decoy), "the decoy exists");
    const { ino } = statSync(decoy);
    const program = await dumpCase("container-files", { compiler: ["-static"] });
    await restoreProgram(program, { root: program.directory });
    expect(await verdictOf(program)).toBe("pass");
    expect(statSync(decoy).ino).toBe(ino);
  });
});

for (const [dumper, obstacle] of [
  ["CRIU", noMaps],
  ["Restage", undefined],
] as const) {
  describeDumped(
    "BPF maps",
    () => {
      itComesBack("are restored: bpf-maps", "bpf-maps");
    },
    obstacle,
    [dumper],
  );
}
