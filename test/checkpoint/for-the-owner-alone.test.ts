import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { COMMAND, run } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

describeUnless(noRoot, "a checkpoint", () => {
  let program: ChildProcess;
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory("secrets");
    program = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  });
  afterEach(() => void program.kill("SIGKILL"));
  const permissions = (path: string) => statSync(path).mode & 0o777;

  it("has a directory, images, log and trace that only their owner can read, even without a umask", () => {
    const images = join(directory, "images");
    const words = `${COMMAND} checkpoint ${program.pid} -D ${images} --leave-running -o log -v4 --trace trace`;
    const { status, stderr } = run(["sh", "-c", `umask 0; exec ${process.execPath} ${words}`]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(permissions(images)).toBe(0o700);
    const open = readdirSync(images).filter((name) => permissions(join(images, name)) !== 0o600);
    expect(open).toEqual([]);
    expect(readdirSync(images)).toEqual(expect.arrayContaining(["inventory.img", "log", "trace"]));
  });

  it("follows no symbolic link in its directory", () => {
    const precious = join(directory, "precious");
    writeFileSync(precious, "precious");
    const images = temporaryDirectory("open");
    chmodSync(images, 0o777);
    for (const name of ["pages-1.img", "inventory.img"]) symlinkSync(precious, join(images, name));
    const words = ["checkpoint", String(program.pid), "-D", images, "--leave-running"];
    expect(run([process.execPath, COMMAND, ...words]).status).toBe(0);
    expect(readFileSync(precious, "utf8")).toBe("precious");
    expect(readFileSync(join(images, "inventory.img")).length).toBeGreaterThan(10);
  });
});
