import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const PACKAGES = ["images", "linux", "core", "plugins", "cli"];
const { packageManager, version } = {
  ...JSON.parse(readFileSync(`${root}packages/core/package.json`, "utf8")),
  ...JSON.parse(readFileSync(`${root}package.json`, "utf8")),
} as Readonly<Record<string, string>>;

const isBuilt = PACKAGES.every((name) => existsSync(`${root}packages/${name}/dist`));
if (!isBuilt) console.warn("skipped: packages as they would be published (not built: npm run build)");

function run(directory: string, ...[program = "", ...words]: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: directory, encoding: "utf8", timeout: 100_000 });
  return { status, stdout, stderr };
}

it.skipIf(!isBuilt)(
  "packages are packed, and work in an empty project, with types and the command",
  (context) => {
    const place = mkdtempSync(join(tmpdir(), "restage-packages-"));
    try {
      const project = join(place, "project");
      mkdirSync(project);
      const pack = ["-r", "--filter", "./packages/*", "pack", "--pack-destination", place];
      const packed = run(root, "npx", "--yes", packageManager ?? "", ...pack);
      expect(packed.status, packed.stderr).toBe(0);
      const archives = readdirSync(place).filter((name) => name.endsWith(".tgz"));
      expect(archives.length).toBe(PACKAGES.length);
      writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
      const install = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
        ...archives.map((name) => join(place, name)),
      ];
      const installed = run(project, ...install);
      if (installed.status !== 0 && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT/.test(installed.stderr)) {
        console.warn("skipped: packages in an empty project (no registry is reached for what they need)");
        return context.skip();
      }
      expect(installed.status, installed.stderr).toBe(0);

      copyFileSync(fileURLToPath(new URL("./program.ts", import.meta.url)), join(project, "program.ts"));
      const options = "--strict --module nodenext --target es2023 --lib es2023 --types node --outDir out".split(" ");
      const types = ["--typeRoots", `${root}node_modules/@types`];
      expect(run(project, `${root}node_modules/.bin/tsc`, ...options, ...types, "program.ts")).toMatchObject({
        status: 0,
        stdout: "",
      });
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
        expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).toMatchObject({
          version,
          license: "MIT",
        });
        expect(readdirSync(folder)).toContain("LICENSE");
      }
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  },
  300_000,
);

const deno = `${root}node_modules/.bin/deno`;
const hasDeno = run(root, deno, "--version").status === 0;
if (!hasDeno) console.warn("skipped: packages as deno publish would take them (no deno)");

it.skipIf(!hasDeno)(
  "deno publish would take every package, without slow types",
  () => {
    // Allowed: a working tree with changes that are not committed.
    const { status, stdout, stderr } = run(root, deno, "publish", "--dry-run", "--allow-dirty");
    expect(status, stderr).toBe(0);
    const published = stripVTControlCharacters(stdout + stderr).matchAll(/^Simulating publish of @restage\/(\w+)@/gm);
    expect(Array.from(published, ([, name]) => name).sort()).toEqual([...PACKAGES].sort());
  },
  300_000,
);
