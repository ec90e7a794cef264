import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { FIXTURES } from "../support/fixture-executable.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { COMMAND, ROOT } from "../support/restage.ts";
import { OPTIONS, RESTORES, RUNTIMES, type Runtime } from "./restores.ts";

const planned = Object.values(RESTORES).flat().length;
let restored = 0;

/** Restores a fixture and lets the restored program examine itself. Returns its verdict. */
async function verdict(name: string, runtime: Runtime): Promise<string> {
  const command = [...RUNTIMES[runtime], "restore", "-d", ...(OPTIONS[name] ?? []), "-D", "{images}"];
  const options = { cwd: ROOT, env: { ...process.env, WITH_FLAGS: "1" }, timeout: 100_000 };
  try {
    return (await promisify(execFile)(`${FIXTURES}verify.sh`, [name, ...command], options)).stdout.trim();
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ""}${stderr ?? String(error)}`.trim();
  }
}

describeUnless(noFixtures, "a restored program is unchanged", () => {
  for (const [name, runtimes] of Object.entries(RESTORES)) {
    for (const runtime of runtimes) {
      it(`${name} on ${runtime}`, async () => {
        expect(existsSync(COMMAND), "build the command first: npm run build").toBe(true);
        expect(await verdict(name, runtime)).toBe(`${name} pass`);
        restored++;
      });
    }
  }

  afterAll(() => {
    // Not with the console: vitest hides what passing tests print there.
    process.stderr.write(`real restores: ${restored} of ${planned}\n`);
    expect(restored, "not every planned restore has passed").toBe(planned);
  });
});
