import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";
import * as program from "./program.ts";

describeUnless(noFixtures, "a checkpoint with digests", () => {
  let started: program.Program | undefined;
  afterEach(async () => {
    if (started !== undefined) await program.forget(started.name);
    started = undefined;
  });

  it("is restored with --verify, unless images have changed or are missing, which the error names", async () => {
    started = await program.start("counter");
    const { images, pid } = started;
    // Left over from an earlier checkpoint of another tree.
    mkdirSync(images, { recursive: true });
    for (const name of ["core-99999.img", "cgroup.img"]) writeFileSync(join(images, name), "");
    expect(program.checkpoint(started, "node").status).toBe(0);
    const listed = readFileSync(join(images, "XXH64SUMS"), "utf8").matchAll(/^[0-9a-f]{16} {2}(.*)$/gm);
    const names = readdirSync(images).filter((name) => name.endsWith(".img"));
    expect([...listed].map(([, name]) => name)).toEqual(names.sort());

    const path = (name: string) => join(images, name);
    const kept = new Map(
      [`pages-1.img`, `core-${pid}.img`, `fs-${pid}.img`].map((name) => [name, readFileSync(path(name))]),
    );
    for (const [name, bytes] of kept)
      writeFileSync(
        path(name),
        bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte)),
      );
    rmSync(path(`fs-${pid}.img`));
    for (const command of ["restore", "check"]) {
      const { status, stdout, stderr } = restage([command, "--verify", "-D", images]);
      expect(status).toBe(1);
      expect(stdout + stderr).toContain("pages-1.img has changed since the checkpoint was made");
      expect(stdout + stderr).toContain(`core-${pid}.img has changed since the checkpoint was made`);
      expect(stdout + stderr).toContain(`fs-${pid}.img is missing`);
    }

    for (const [name, bytes] of kept) writeFileSync(path(name), bytes);
    expect(program.restore(started, "node", ["--verify"])).toMatchObject({ status: 0 });
    expect(await program.verdictOf(started)).toBe("pass");
  });

  it("can be made without them, and then cannot be verified", async () => {
    started = await program.start("counter");
    const { images } = started;
    expect(program.checkpoint(started, "node", ["--no-digests"]).status).toBe(0);
    const { status, stderr } = restage(["restore", "--verify", "-D", images]);
    expect(status).toBe(1);
    expect(stderr).toContain("XXH64SUMS is missing");
  });
});
