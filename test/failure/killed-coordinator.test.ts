import type { ChildProcess } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { STAGES } from "@restage/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cleanUp, imagesOf, prepare, takenPids } from "../stages/fixture.ts";
import { end } from "../support/end.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { startRestage } from "../support/restage.ts";
import { privateDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

/** A tree with every kind of task: zombies, and tasks of several sessions, some of which have lost their leader. */
const NAME = "tree";
const ROOT_PID = 20600;

/** A plugin that makes a directory on the host, and blocks at a hook after saying so. */
const config = (hook: string) => `
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, definePlugin } from "@restage/core";

const here = (name) => join(import.meta.dirname, name);
export default defineConfig({
  plugins: [definePlugin({
    name: "stay",
    apply({ stages, commit, complete }) {
      stages.ROOT_TASK.enter.tap("stay", ({ host }) => {
        host.undoneBy((call) => call.unlinkat(-100, here("made"), 0x200)).mkdirat(-100, here("made"), 0o755);
      });
      ${hook}.tapPromise("stay", async () => {
        writeFileSync(here("reached"), "");
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });
    },
  })],
});
`;

describeUnless(noFixtures, "a killed coordinator", () => {
  let directory = "";
  let coordinator: ChildProcess | undefined;
  let before: readonly string[] = [];

  beforeEach(() => {
    prepare(NAME);
    directory = privateDirectory("killed");
    before = survey();
  });
  afterEach(async () => {
    coordinator?.kill("SIGKILL");
    await end(...takenPids(NAME));
    cleanUp(NAME);
  });

  /** Starts a restore, and kills its coordinator at a hook. */
  async function killAt(hook: string, signal: NodeJS.Signals): Promise<void> {
    writeFileSync(join(directory, "restore.config.ts"), config(hook));
    coordinator = startRestage(["restore", "-d", "-D", imagesOf(NAME)], directory);
    const ended = new Promise((resolve) => coordinator?.once("exit", (_code, by) => resolve(by)));
    await until(() => existsSync(join(directory, "reached")) || coordinator?.exitCode !== null, `${hook} is reached`);
    expect(coordinator.exitCode, `the command ended before ${hook}`).toBe(null);
    expect(existsSync(join(directory, "made"))).toBe(true);
    expect(takenPids(NAME)).toContain(ROOT_PID);
    coordinator.kill(signal);
    expect(await ended).toBe(signal);
  }

  for (const { name } of STAGES) {
    it(`leaves nothing behind at the end of ${name}`, async () => {
      await killAt(`stages.${name}.leave`, "SIGKILL");
      await expectNothingLeft(before);
      await until(() => !existsSync(join(directory, "made")), "the janitor has removed the directory", 5000);
    });
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`leaves nothing behind when ${signal} ends it before the commit`, async () => {
      await killAt("commit", signal);
      await expectNothingLeft(before);
      await until(() => !existsSync(join(directory, "made")), "the janitor has removed the directory", 5000);
    });
  }

  it("leaves the tree running after the commit, and keeps what the restore made for it", async () => {
    await killAt("complete", "SIGKILL");
    // By now, the janitor would have removed the directory.
    await until(() => survey().every((line) => !line.includes("restage-stub")), "stub and janitor have ended", 5000);
    expect(existsSync(join(directory, "made"))).toBe(true);
    expect(takenPids(NAME)).toContain(ROOT_PID);
  });
});
