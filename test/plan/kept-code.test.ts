import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

/** A copy of the built command, which has not run yet. */
const dist = join(mkdtempSync(join(tmpdir(), "restage-")), "dist");
const kept = join(dist, `main.cjs.v8-${process.versions.v8}`);

const version = () => execFileSync(process.execPath, [join(dist, "restage.js"), "--version"], { encoding: "utf8" });

beforeAll(() => {
  const built = fileURLToPath(new URL("../../packages/cli/dist", import.meta.url));
  cpSync(built, dist, { recursive: true, filter: (path) => !path.includes(".v8-") });
});
afterAll(() => rmSync(join(dist, ".."), { recursive: true }));

it("compiled code is kept beside the command, and used", () => {
  const said = version();
  const code = readFileSync(kept);
  expect(code.length).toBeGreaterThan(10_000);
  expect(version()).toBe(said);
  expect(readFileSync(kept).equals(code)).toBe(true);
});

it("what is damaged, or of another source, is made anew", () => {
  const said = version();
  for (const damage of [Buffer.from("no code"), readFileSync(kept).subarray(0, 5000)]) {
    writeFileSync(kept, damage);
    expect(version()).toBe(said);
    expect(readFileSync(kept).length).toBeGreaterThan(10_000);
  }
  const main = join(dist, "main.cjs");
  writeFileSync(main, `console.log("another");${readFileSync(main, "latin1")}`);
  expect(version()).toBe(`another\n${said}`);
});

it.skipIf(process.getuid?.() !== 0)("where the command may not write it does without", () => {
  rmSync(kept, { force: true });
  chmodSync(dist, 0o555);
  const words = ["--reuid=65534", "--clear-groups", process.execPath, join(dist, "restage.js"), "--version"];
  chmodSync(join(dist, ".."), 0o755);
  expect(execFileSync("setpriv", words, { encoding: "utf8" })).toMatch(/\d/);
  expect(() => readFileSync(kept)).toThrow("ENOENT");
});
