import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { missing } from "../stages/fixture.ts";
import { OPTIONS, RESTORES, RUNTIMES, type Runtime } from "./restores.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const verify = `${root}../shared/fixtures/verify.sh`;

const planned = Object.values(RESTORES).flat().length;
let restored = 0;

/** Restores a checkpoint and lets the restored program verify itself. Gives the verdict's line. */
async function verdict(name: string, runtime: Runtime): Promise<string> {
  const command = [...RUNTIMES[runtime], "restore", "-d", ...(OPTIONS[name] ?? []), "-D", "{images}"];
  const options = { cwd: root, env: { ...process.env, WITH_FLAGS: "1" }, timeout: 100_000 };
  try {
    return (await promisify(execFile)(verify, [name, ...command], options)).stdout.trim();
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ""}${stderr ?? String(error)}`.trim();
  }
}

describe.skipIf(missing !== undefined)("a restored program finds itself as it was", () => {
  for (const [name, runtimes] of Object.entries(RESTORES)) {
    for (const runtime of runtimes) {
      it(`${name} on ${runtime}`, async () => {
        expect(existsSync(`${root}packages/cli/dist/restage.js`), "the command has to be built: npm run build").toBe(
          true,
        );
        expect(await verdict(name, runtime)).toBe(`${name} pass`);
        restored++;
      });
    }
  }

  afterAll(() => {
    // Not by the console: what passing tests say there is not shown.
    process.stderr.write(`real restores: ${restored} of ${planned}\n`);
    expect(restored, "fewer checkpoints were restored than there are").toBe(planned);
  });
});
