import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { end } from "../support/end.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { COMMAND } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

/** A program that counts in a file. */
const COUNTER = "i=0; while :; do i=$((i + 1)); echo $i > count; sleep 0.05; done";

describeUnless(noRoot, "an archive", () => {
  it("is made of a checkpoint, and restored", async () => {
    const place = temporaryDirectory("archive");
    const temporary = temporaryDirectory("archive-tmp");
    const restage = (...words: readonly string[]) => {
      const env = { ...process.env, TMPDIR: temporary };
      return spawnSync(process.execPath, [COMMAND, ...words], { cwd: place, encoding: "utf8", timeout: 60_000, env });
    };
    const count = () => Number(readFileSync(join(place, "count"), "utf8"));
    const pid = spawn("sh", ["-c", COUNTER], { cwd: place, detached: true, stdio: "ignore" }).pid ?? 0;
    onTestFinished(() => end(pid));
    await until(() => existsSync(join(place, "count")) && count() > 1, "the program counts");

    const refused = restage("checkpoint", String(pid), "--archive", "count", "--no-config");
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("Cannot write the archive count") });
    const made = restage("checkpoint", String(pid), "--archive", "one.tar.gz", "--no-config");
    expect(made.status, made.stderr).toBe(0);
    await until(() => !existsSync(`/proc/${pid}`), "the tree is gone");
    expect(readdirSync(temporary)).toEqual([]);
    expect(restage("check", "-D", "one.tar.gz", "--no-config").stdout).toMatch(/^\S*one\.tar\.gz can/m);
    expect(readdirSync(temporary)).toEqual([]);

    const before = count();
    const restored = restage("restore", "-d", "-D", "one.tar.gz", "--pidfile", "pid", "--no-config");
    expect(restored.status, restored.stderr).toBe(0);
    expect(Number(readFileSync(join(place, "pid"), "utf8"))).toBe(pid);
    await until(() => count() > before, "the restored program counts on");
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync(place).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});
