import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { itUnless, noRoot } from "../support/requirements.ts";
import { COMMAND, ROOT } from "../support/restage.ts";

/** A copy of the built command that has not run yet. */
const dist = join(mkdtempSync(join(tmpdir(), "restage-")), "dist");
const [build = ""] = /\b[0-9a-f]{16}\b/.exec(readFileSync(COMMAND, "utf8")) ?? [];
const keptOf = (file: string) => join(dist, `${file}.v8-${process.versions.v8}-${build}`);
const kept = keptOf("main.cjs");

const command = (...words: readonly string[]) =>
  execFileSync(process.execPath, [join(dist, "restage.cjs"), ...words], { encoding: "utf8" });
const version = () => command("--version");

beforeAll(() => {
  cpSync(dirname(COMMAND), dist, { recursive: true, filter: (path) => !path.includes(".v8-") });
});
afterAll(() => rmSync(join(dist, ".."), { recursive: true }));

const runtimes = { node: ["node"], deno: ["deno", "run", "-A"], bun: ["bun"] };
it.each(Object.entries(runtimes))(
  "%s starts the command by both of its names, and by a link from elsewhere",
  (_, words) => {
    const [runtime = "", ...options] = words;
    const link = join(dist, "../restage");
    symlinkSync(COMMAND, link);
    const started = [COMMAND, COMMAND.replace(/cjs$/, "js"), link].map((file) => {
      const env = { ...process.env, PATH: `${ROOT}node_modules/.bin:${process.env["PATH"]}` };
      return execFileSync(runtime, [...options, file, "--version"], { encoding: "utf8", env }).trim();
    });
    rmSync(link);
    expect(started).toEqual(Array(3).fill(version().trim()));
  },
);

it("the command stores its compiled code in its directory, and uses it", () => {
  const said = version();
  const code = readFileSync(kept);
  expect(code.length).toBeGreaterThan(10_000);
  expect(version()).toBe(said);
  expect(readFileSync(kept).equals(code)).toBe(true);
});

it("a run that loads other files stores the compiled code of all its files again", () => {
  rmSync(kept, { force: true });
  version();
  const little = readFileSync(kept);
  expect(existsSync(keptOf("restores.cjs"))).toBe(false);
  const plan = () => command("plan", "-D", join(ROOT, "examples/counter/checkpoint"));
  const planned = plan();
  const more = readFileSync(kept);
  expect(more.length).toBeGreaterThan(little.length * 1.1);
  expect(readFileSync(keptOf("restores.cjs")).length).toBeGreaterThan(10_000);
  expect(plan()).toBe(planned);
  version();
  expect(readFileSync(kept).equals(more)).toBe(true);
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

it("compiled code of another build is not used, even if its files have the same length", () => {
  const [main, start] = [join(dist, "main.cjs"), join(dist, "restage.cjs")];
  const [mainText, startText] = [readFileSync(main, "latin1"), readFileSync(start, "latin1")];
  writeFileSync(main, `console.log("one");${mainText}`, "latin1");
  expect(version()).toMatch(/^one\n/);
  expect(existsSync(kept)).toBe(true);
  writeFileSync(main, `console.log("two");${mainText}`, "latin1");
  writeFileSync(start, startText.replace(build, "0".repeat(16)), "latin1");
  expect(version()).toMatch(/^two\n/);
  writeFileSync(main, mainText, "latin1");
  writeFileSync(start, startText, "latin1");
});

it("the built command does not name the directory where it was built", () => {
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(?:[cm]?js|jsc)$/.test(file),
  );
  expect(files).toContain("bun/main.cjs");
  expect(files.filter((file) => readFileSync(join(dist, file)).includes(ROOT))).toEqual([]);
});

itUnless(noRoot, "the command works without compiled code where it cannot write", () => {
  rmSync(kept, { force: true });
  chmodSync(dist, 0o555);
  const words = ["--reuid=65534", "--clear-groups", process.execPath, join(dist, "restage.cjs"), "--version"];
  chmodSync(join(dist, ".."), 0o755);
  expect(execFileSync("setpriv", words, { encoding: "utf8" })).toMatch(/\d/);
  expect(() => readFileSync(kept)).toThrow("ENOENT");
});

it("a run that fails stores no compiled code", () => {
  rmSync(kept, { force: true });
  const { status } = spawnSync(process.execPath, [join(dist, "restage.cjs"), "--no-such-option"]);
  expect(status).toBe(2);
  expect(existsSync(kept)).toBe(false);
});

itUnless(noRoot, "compiled code that belongs to another user, or that others can write, is not used", () => {
  const said = version();
  const own = readFileSync(kept);
  const makeForeign = [
    () => chownSync(kept, 65534, 0),
    () => chmodSync(kept, 0o666),
    () => {
      renameSync(kept, `${kept}.elsewhere`);
      symlinkSync(`${kept}.elsewhere`, kept);
    },
  ];
  for (const change of makeForeign) {
    change();
    expect(version()).toBe(said);
    // Replaced, because it was not used.
    const { uid, mode, ino } = lstatSync(kept);
    expect({ uid, mode: mode & 0o777 }).toEqual({ uid: 0, mode: 0o644 });
    expect(version()).toBe(said);
    expect(lstatSync(kept).ino).toBe(ino);
  }
  expect(readFileSync(kept).length).toBeGreaterThan(own.length / 2);
  chownSync(dist, 65534, 0);
  rmSync(kept);
  expect(version()).toBe(said);
  expect(existsSync(kept)).toBe(false);
  chownSync(dist, 0, 0);
});
