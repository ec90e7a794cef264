import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { itUnless, noRoot } from "../support/requirements.ts";
import { COMMAND } from "../support/restage.ts";

/** A copy of the built command that has not run yet. */
const dist = join(mkdtempSync(join(tmpdir(), "restage-")), "dist");
const kept = join(dist, `main.cjs.v8-${process.versions.v8}`);

const version = () => execFileSync(process.execPath, [join(dist, "restage.js"), "--version"], { encoding: "utf8" });

beforeAll(() => {
  cpSync(dirname(COMMAND), dist, { recursive: true, filter: (path) => !path.includes(".v8-") });
});
afterAll(() => rmSync(join(dist, ".."), { recursive: true }));

it("the command stores its compiled code in its directory, and uses it", () => {
  const said = version();
  const code = readFileSync(kept);
  expect(code.length).toBeGreaterThan(10_000);
  expect(version()).toBe(said);
  expect(readFileSync(kept).equals(code)).toBe(true);
});

it("the command replaces compiled code that is damaged or outdated", () => {
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

itUnless(noRoot, "the command works without compiled code where it cannot write", () => {
  rmSync(kept, { force: true });
  chmodSync(dist, 0o555);
  const words = ["--reuid=65534", "--clear-groups", process.execPath, join(dist, "restage.js"), "--version"];
  chmodSync(join(dist, ".."), 0o755);
  expect(execFileSync("setpriv", words, { encoding: "utf8" })).toMatch(/\d/);
  expect(() => readFileSync(kept)).toThrow("ENOENT");
});
