import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FIXTURES } from "../support/fixture-executable.ts";
import { noFixtures, untrustedRepository } from "../support/requirements.ts";
import { ROOT, run } from "../support/restage.ts";
import { privateDirectory } from "../support/temporary-directory.ts";

const config = `import { defineConfig, definePlugin } from "@restage/core";
const mine = definePlugin({
  name: "mine",
  apply({ entries }) {
    entries.reg_files.tap("mine", () => {
      throw new TypeError("seen");
    });
  },
});
export default defineConfig({ plugins: [mine] });
`;

it("the executable works without packages, a repository or another runtime", () => {
  const built = run([process.execPath, "tools/run.mjs", "build:executable"]);
  expect(built.status, built.stdout + built.stderr).toBe(0);
  const made = join(ROOT, "packages/cli/dist-executable");
  expect(readFileSync(join(made, "THIRD_PARTY_LICENSES"), "utf8")).toMatch(/^tapable \d.*\(MIT\)$/m);

  const place = privateDirectory("executable");
  const executable = join(place, "restage");
  copyFileSync(join(made, "restage"), executable);
  // It does not look for its files where it was built: others can make that directory.
  expect(readFileSync(executable).includes(join(ROOT, "packages"))).toBe(false);
  // Neither a PATH nor a home directory.
  const start = (...words: readonly string[]) =>
    spawnSync(executable, words, { cwd: place, encoding: "utf8", timeout: 60_000, env: {} });
  const { version } = JSON.parse(readFileSync(join(ROOT, "packages/cli/package.json"), "utf8"));
  expect(start("--version")).toMatchObject({ status: 0, stdout: `${version}\n` });

  const images = join(ROOT, "examples/counter/checkpoint");
  const planned = start("plan", "-D", images);
  expect(planned.status, planned.stderr).toBe(0);
  expect(planned.stdout).toContain("RESTORE_CREDS");
  const installed = start("install-criu", place);
  expect(installed.status, installed.stderr).toBe(0);
  expect(run([join(place, "criu"), "--version"])).toMatchObject({ status: 0, stdout: "Version: 4.2\n" });

  if (untrustedRepository === undefined) {
    writeFileSync(join(place, "restore.config.ts"), config);
    const failed = start("plan", "-D", images);
    expect(failed.status).not.toBe(0);
    expect(failed.stderr).toContain(`${place}/restore.config.ts:6`);
  }
  if (noFixtures === undefined) {
    const words = ["counter", executable, "restore", "-d", "--no-config", "-D", "{images}"];
    expect(run([`${FIXTURES}verify.sh`, ...words]).stdout.trim()).toBe("counter pass");
  }
}, 180_000);
