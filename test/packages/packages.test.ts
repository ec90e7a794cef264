import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, type TestContext } from "vitest";
import { announceSkipped, itUnless, type Obstacle, succeeds } from "../support/requirements.ts";
import { ROOT } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const PACKAGES = ["images", "linux", "core", "plugins", "cli"];
const { packageManager, version } = {
  ...JSON.parse(readFileSync(`${ROOT}packages/core/package.json`, "utf8")),
  ...JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")),
} as Readonly<Record<string, string>>;

const isBuilt = PACKAGES.every((name) => existsSync(`${ROOT}packages/${name}/dist`));
const notBuilt: Obstacle = isBuilt ? undefined : "needs built packages: npm run build";
const NO_REGISTRY = "needs a package registry for the dependencies";

function run(directory: string, ...[program = "", ...words]: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: directory, encoding: "utf8", timeout: 100_000 });
  return { status, stdout, stderr };
}

itUnless(
  notBuilt,
  "packed packages work in an empty project, with their types and the command",
  (context: TestContext) => {
    const place = temporaryDirectory("packages");
    const project = join(place, "project");
    mkdirSync(project);
    const pack = ["-r", "--filter", "./packages/*", "pack", "--pack-destination", place];
    const packed = run(ROOT, "npx", "--yes", packageManager ?? "", ...pack);
    expect(packed.status, packed.stderr).toBe(0);
    const archives = readdirSync(place).filter((name) => name.endsWith(".tgz"));
    expect(archives.length).toBe(PACKAGES.length);
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const install = ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline"];
    const installed = run(project, ...install, ...archives.map((name) => join(place, name)));
    if (installed.status !== 0 && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT/.test(installed.stderr)) {
      announceSkipped("packed packages work in an empty project", NO_REGISTRY);
      return context.skip(NO_REGISTRY);
    }
    expect(installed.status, installed.stderr).toBe(0);

    copyFileSync(join(import.meta.dirname, "program.ts"), join(project, "program.ts"));
    const options = "--strict --module nodenext --target es2023 --lib es2023 --types node --outDir out".split(" ");
    const types = ["--typeRoots", `${ROOT}node_modules/@types`];
    const compiled = run(project, `${ROOT}node_modules/.bin/tsc`, ...options, ...types, "program.ts");
    expect(compiled).toMatchObject({ status: 0, stdout: "" });
    const ran = run(project, process.execPath, "out/program.js");
    expect(ran.status, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toEqual([
      "mine",
      ["7 FORKING sessions: setsid()"],
      ["function", "function", "function", "function"],
      true,
    ]);
    const help = run(project, "node_modules/.bin/restage", "--help");
    expect(help.status, help.stderr).toBe(0);
    expect(help.stdout).toMatch(/^Usage: restage COMMAND/);
    for (const name of ["@restage/core", "restage"]) {
      const folder = join(project, "node_modules", name);
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      expect(manifest).toMatchObject({ version, license: "MIT" });
      expect(readdirSync(folder)).toContain("LICENSE");
    }
  },
  300_000,
);

const deno = `${ROOT}node_modules/.bin/deno`;
const noDeno: Obstacle = succeeds(deno) ? undefined : "needs deno";

itUnless(
  noDeno,
  "deno publish accepts every package, without slow types",
  () => {
    // The working tree may have uncommitted changes.
    const { status, stdout, stderr } = run(ROOT, deno, "publish", "--dry-run", "--allow-dirty");
    expect(status, stderr).toBe(0);
    const published = stripVTControlCharacters(stdout + stderr).matchAll(/^Simulating publish of @restage\/(\w+)@/gm);
    expect(Array.from(published, ([, name]) => name).sort()).toEqual([...PACKAGES].sort());
  },
  300_000,
);
