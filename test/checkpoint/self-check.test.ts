import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { isRunning } from "../support/proc.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { run } from "../support/restage.ts";
import { commandFor } from "../support/script.ts";
import { until } from "../support/until.ts";
import * as program from "./program.ts";

/** Programs that have every kind of image that a checkpoint writes outside of namespaces. */
const PROGRAMS = ["files", "memory", "unix-sockets", "locks"];

const corrupt = ({ pid, images }: program.Program, how: "check" | "trust") =>
  run(commandFor(join(import.meta.dirname, "coordinator-to-corrupt.ts"), String(pid), images, how));

describeUnless(noFixtures, "a checkpoint whose images are damaged", () => {
  let started: program.Program | undefined;
  afterEach(async () => {
    if (started !== undefined) await program.forget(started.name);
    started = undefined;
  });

  it.each(PROGRAMS)("fails, names the image, and leaves the tree and the directory as they were: %s", async (name) => {
    started = await program.start(name);
    const { images } = started;
    mkdirSync(images, { recursive: true });
    writeFileSync(join(images, "notes"), "mine");
    const { stdout, stderr } = corrupt(started, "check");
    const [all, ...damaged] = stdout.trim().split("\n");
    expect(all, stderr).toBe("all: complete");
    expect(damaged.length).toBeGreaterThan(8);
    for (const line of damaged) expect(line).toMatch(/^(pages-[0-9]+|[^:]+)\.img: ERR_SELF_CHECK: .*\1\.img/);
    // Those of the first checkpoint, which was complete.
    expect(existsSync(join(images, "inventory.img"))).toBe(true);
    expect(readdirSync(images).filter((entry) => entry.startsWith("."))).toEqual([]);
    expect(readFileSync(join(images, "notes"), "utf8")).toBe("mine");
    expect(await program.verdictOf(started)).toBe("pass");
  });

  it("is made with --no-self-check", async () => {
    started = await program.start("counter");
    const { pid } = started;
    const { stdout, stderr } = corrupt(started, "trust");
    expect(stdout, stderr).toBe("all: complete\n");
    await until(() => !isRunning(pid), "the tree has ended");
  });
});
