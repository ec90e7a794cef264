import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { STAGES } from "@restage/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanUp, imagesOf, missing, prepare, takenPids } from "../stages/fixture.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { end, startRestage, until } from "../support/restage.ts";

/** Tasks of several sessions, some of which have no leader any more, and zombies: all kinds of tasks there are. */
const NAME = "tree";
const ROOT_PID = 20600;

/** A plugin that makes a directory on the host, says that it has come to a hook, and stays there. */
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
        host.call.mkdirat(-100, here("made"), 0o755).undo((call) => call.unlinkat(-100, here("made"), 0x200));
      });
      ${hook}.tapPromise("stay", async () => {
        writeFileSync(here("reached"), "");
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });
    },
  })],
});
`;

describe.skipIf(missing !== undefined)("a coordinator that is killed", () => {
  let directory = "";
  let coordinator: ChildProcess | undefined;
  let before: readonly string[] = [];

  beforeEach(() => {
    prepare(NAME);
    directory = mkdtempSync(join(tmpdir(), "restage-killed-"));
    before = survey();
  });
  afterEach(async () => {
    coordinator?.kill("SIGKILL");
    await end(...takenPids(NAME));
    rmSync(directory, { recursive: true, force: true });
    cleanUp(NAME);
  });

  /** Restores until a hook, and ends the coordinator there. */
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
    it(`at the end of ${name} leaves nothing`, async () => {
      await killAt(`stages.${name}.leave`, "SIGKILL");
      await expectNothingLeft(before);
      await until(() => !existsSync(join(directory, "made")), "the janitor has tidied up", 5000);
    });
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`by ${signal} before the commit leaves nothing`, async () => {
      await killAt("commit", signal);
      await expectNothingLeft(before);
      await until(() => !existsSync(join(directory, "made")), "the janitor has tidied up", 5000);
    });
  }

  it("after the commit lets the tree run, and what was made for it", async () => {
    await killAt("complete", "SIGKILL");
    // The janitor would need no time to take it away.
    await until(() => survey().every((line) => !line.includes("restage-stub")), "stub and janitor have gone", 5000);
    expect(existsSync(join(directory, "made"))).toBe(true);
    expect(takenPids(NAME)).toContain(ROOT_PID);
  });
});
