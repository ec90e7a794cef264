import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeImage, encodeImage, openImageDirectory, readImage } from "@restage/images";
import { expect, it } from "vitest";
import { describeUnless } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";
import { privateDirectory } from "../support/temporary-directory.ts";
import { dumpCase, verdictOf } from "./case.ts";
import { noDumpsByCriu } from "./dumpers.ts";

describeUnless(noDumpsByCriu, "the command in place of criu", () => {
  it("accepts the options of criu restore, and writes the same files", async () => {
    const program = await dumpCase("lone-task", { flags: ["--cpu-cap"] });
    const { images, pid } = program;
    const config = join(privateDirectory("runc"), "runc.conf");
    writeFileSync(config, "# of CRIU\nlog-file restore.log\nverbosity 4\n");
    const words = ["-D", images, "restore", "--config", config, "--log-pid", "--display-stats", "--cpu-cap=ins"];
    const accepted = ["--mntns-compat-mode", "--deprecated", "--weak-sysctls", "--status-fd", "9", "--daemon"];
    const { status, stdout, stderr } = restage([...words, ...accepted, "--pidfile", "pid"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^Forking \d+ us, all \d+ us, \d+ pages restored\n$/);
    expect(status).toBe(0);
    expect(readFileSync(join(images, "pid"), "utf8")).toBe(String(pid));
    expect(readFileSync(join(images, `restore.log.${pid}`), "utf8")).toContain(`RESTORE: task ${pid} (`);
    const statistics = readImage(openImageDirectory(images), "stats-restore");
    const [{ value }] = (statistics as unknown as { entries: [{ value: { restore: { pages_restored: bigint } } }] })
      .entries;
    // The program fills 100000 bytes; stack and libraries add their pages.
    expect(value.restore.pages_restored).toBeGreaterThan(25n);
    expect(value.restore.pages_restored).toBeLessThan(1000n);
    const crit = spawnSync("crit", ["show", join(images, "stats-restore")], { encoding: "utf8" });
    if (crit.error === undefined) expect(crit.stdout).toContain("pages_restored");
    expect(await verdictOf(program)).toBe("pass");
  });

  it("names the features that the processor lacks", async () => {
    const program = await dumpCase("lone-task", { flags: ["--cpu-cap"] });
    const path = join(program.images, "cpuinfo.img");
    const image = decodeImage("cpuinfo.img", readFileSync(path));
    const { x86_entry } = (image as unknown as { entries: [{ value: { x86_entry: { capability: number[] }[] } }] })
      .entries[0].value;
    const capability = x86_entry[0]?.capability ?? [];
    // tbm, a feature of few AMD processors.
    capability[6] = ((capability[6] ?? 0) | (1 << 21)) >>> 0;
    writeFileSync(path, encodeImage(image));
    const check = (...words: readonly string[]) => restage(["check", "-D", program.images, ...words]);
    const found = check("--cpu-cap").stdout;
    expect(found).toContain("it lacks tbm, which the processor of the checkpoint had");
    expect(found).toContain("its model differs from that of the checkpoint");
    expect(check("--cpu-cap=fpu,^ins").stdout).not.toContain("this processor");
    expect(existsSync(`/proc/${program.pid}`)).toBe(false);
  });
});
