import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { announceSkipped, describeUnless, itUnless, type Obstacle, succeeds } from "../support/requirements.ts";
import { ROOT } from "../support/restage.ts";

const PACKAGES = ["images", "linux", "core", "plugins", "fleet", "cli"];
/** Works without a build, and is not for JSR. */
const CREATE = "create-restage";
const { packageManager, version } = {
  ...JSON.parse(readFileSync(`${ROOT}packages/core/package.json`, "utf8")),
  ...JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")),
} as Readonly<Record<string, string>>;

const isBuilt = PACKAGES.every((name) => existsSync(`${ROOT}packages/${name}/dist`));
const notBuilt: Obstacle = isBuilt ? undefined : "needs built packages: npm run build";
const NO_REGISTRY = "needs a package registry for the dependencies";

const TSC = `${ROOT}node_modules/.bin/tsc`;

/** npm waits ten seconds and a minute before it tries again: offline, the time limit would end it before it says why it failed. */
const QUICK_RETRIES = { npm_config_fetch_retry_mintimeout: "500", npm_config_fetch_retry_maxtimeout: "2000" };
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT/;

function run(directory: string, ...[program = "", ...words]: readonly string[]) {
  const PATH = `${process.env["PATH"]}:${ROOT}node_modules/.bin`;
  const env = { ...process.env, ...QUICK_RETRIES, PATH, NO_COLOR: "1" };
  const options = { cwd: directory, encoding: "utf8", timeout: 100_000, env } as const;
  const { status, stdout, stderr } = spawnSync(program, words, options);
  return { status, stdout, stderr };
}

const deno = `${ROOT}node_modules/.bin/deno`;
const noDeno: Obstacle = succeeds(deno) ? undefined : "needs deno";
const noBun: Obstacle = succeeds(`${ROOT}node_modules/.bin/bun`) ? undefined : "needs bun";

describeUnless(notBuilt, "packed packages", () => {
  // Configurations are refused in /tmp.
  const place = mkdtempSync(join(userInfo().homedir, ".restage-packages-"));
  const project = join(place, "project");
  let isOffline = false;
  const noteOffline = ({ status, stderr }: ReturnType<typeof run>) => {
    isOffline = status !== 0 && OFFLINE.test(stderr);
    if (isOffline) announceSkipped("packed packages", NO_REGISTRY);
    return isOffline;
  };

  beforeAll(() => {
    mkdirSync(project);
    const pack = ["-r", "--filter", "./packages/*", "pack", "--pack-destination", place];
    const packed = run(ROOT, "npx", "--yes", packageManager ?? "", ...pack);
    if (noteOffline(packed)) return;
    expect(packed.status, packed.stderr).toBe(0);
    const archives = readdirSync(place).filter((name) => name.endsWith(".tgz"));
    expect(archives.length).toBe([...PACKAGES, CREATE].length);
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const install = ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline"];
    const installed = run(project, ...install, ...archives.map((name) => join(place, name)));
    if (noteOffline(installed)) return;
    expect(installed.status, installed.stderr).toBe(0);
    // What a project installs beside.
    symlinkSync(`${ROOT}node_modules/@types`, join(project, "node_modules/@types"));
  }, 300_000);
  afterAll(() => rmSync(place, { recursive: true, force: true }));
  beforeEach((context) => context.skip(isOffline, NO_REGISTRY));

  it("work in an empty project, with their types and the command", () => {
    copyFileSync(join(import.meta.dirname, "program.ts"), join(project, "program.ts"));
    const options = "--strict --module nodenext --target es2023 --lib es2023 --types node --outDir out".split(" ");
    const compiled = run(project, TSC, ...options, "program.ts");
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
    // The optional package is found and loaded.
    const listed = run(project, "node_modules/.bin/restage", "store", "ls", "nats://127.0.0.1:1");
    expect(listed).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Cannot connect to nats://127.0.0.1:1"),
    });
    for (const name of ["@restage/core", "restage"]) {
      const folder = join(project, "node_modules", name);
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      expect(manifest).toMatchObject({ version, license: "MIT" });
      expect(readdirSync(folder)).toContain("LICENSE");
    }
    expect(readdirSync(join(project, "node_modules/restage"))).toContain("restage.schema.json");
  });

  /** Lets the command make a project, which has the packages that are installed already. */
  function init(name: string, ...options: readonly string[]): string {
    const made = run(project, "node_modules/.bin/restage", "init", name, ...options);
    expect(made.status, made.stderr).toBe(0);
    expect(made.stdout).toContain("setsid PROGRAM </dev/null >/dev/null 2>&1 &");
    symlinkSync("../node_modules", join(project, name, "node_modules"));
    return join(project, name);
  }

  const RUNTIMES: readonly (readonly [string, Obstacle, readonly string[]])[] = [
    ["node", undefined, ["npm", "run"]],
    ["deno", noDeno, ["deno", "task"]],
    ["bun", noBun, ["bun", "run"]],
  ];
  for (const [runtime, obstacle, script] of RUNTIMES) {
    itUnless(obstacle, `restage init makes a project whose test and plan succeed on ${runtime}`, () => {
      const directory = init(`project-${runtime}`, "--runtime", runtime);
      const tested = run(directory, ...script, "test");
      expect(tested.status, tested.stdout + tested.stderr).toBe(0);
      expect(tested.stdout + tested.stderr).toContain("every task gets the umask");
      const planned = run(directory, ...script, "plan");
      expect(planned.status, planned.stderr).toBe(0);
      expect(planned.stdout).toMatch(/^ {4}private-files\n {6}umask\(077\)$/m);
      // The files are the same on all.
      if (runtime === "node") expect(run(directory, TSC)).toMatchObject({ status: 0, stdout: "" });
    });
  }

  it("restage init --plugin makes a package that can be published", () => {
    const directory = init("restage-plugin-quiet-files", "--plugin");
    const tested = run(directory, "npm", "run", "test");
    expect(tested.status, tested.stdout + tested.stderr).toBe(0);
    expect(run(directory, TSC)).toMatchObject({ status: 0, stdout: "" });
    const packed = run(directory, "npm", "pack", "--json", "--ignore-scripts");
    const files = JSON.parse(packed.stdout)[0].files.map(({ path }: { path: string }) => path);
    expect(files.sort()).toEqual(["README.md", "dist/mod.d.ts", "dist/mod.js", "package.json"]);
    const planned = run(directory, "npm", "run", "plan");
    expect(planned.stdout).toMatch(/^ {4}quiet-files\n {6}umask\(077\)$/m);

    symlinkSync("../restage-plugin-quiet-files", join(project, "node_modules/restage-plugin-quiet-files"));
    const user = join(project, "user");
    mkdirSync(user);
    const plugins = [
      ["restage-plugin-quiet-files", { mask: 0o27 }],
      ["hostname", "web-2"],
    ];
    writeFileSync(join(user, "restore.config.json"), JSON.stringify({ plugins }));
    const listed = run(user, "../node_modules/.bin/restage", "plugins");
    expect(listed.status, listed.stderr).toBe(0);
    expect(listed.stdout).toMatch(/^Restores: plugins without a duty\n {2}quiet-files, hostname$/m);
    const byName = run(user, "../node_modules/.bin/restage", "plan", "-D", join(directory, "checkpoint"));
    expect(byName.stdout + byName.stderr).toContain("hostname");
  });

  it("npm create restage makes a project, as restage init does", () => {
    const made = run(project, "node_modules/.bin/create-restage", "created", "--runtime", "bun");
    expect(made.status, made.stderr).toBe(0);
    expect(made.stdout).toMatch(/^Made a project for Bun in /);
    const again = run(project, "node_modules/.bin/create-restage", "created");
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining("restore.config.ts: it exists") });
  });

  it("restage init lets npm install where packages come from archives", () => {
    const directory = join(project, "archives");
    mkdirSync(directory);
    const dependencies = { restage: "file:../restage.tgz" };
    writeFileSync(join(directory, "package.json"), JSON.stringify({ dependencies }));
    const made = run(project, "node_modules/.bin/restage", "init", "archives", "--runtime", "deno");
    expect(made.status, made.stderr).toBe(0);
    expect(made.stdout).toMatch(/^ {2}npm install$/m);
    expect(made.stdout).toMatch(/^ {2}deno task test /m);
  });

  it("restage init completes a package.json, and changes no other file", () => {
    const directory = join(project, "existing");
    mkdirSync(directory);
    const own = { name: "own", scripts: { test: "true" }, devDependencies: { jiti: "^1.0.0" }, more: [1] };
    writeFileSync(join(directory, "package.json"), JSON.stringify(own));
    writeFileSync(join(directory, "tsconfig.json"), "{}");
    init("existing");
    const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    expect(manifest).toMatchObject({ ...own, scripts: { test: "true", plan: "restage plan" } });
    expect(manifest.dependencies).toHaveProperty("@restage/core", `^${version}`);
    expect(manifest).not.toHaveProperty("type");
    expect(readFileSync(join(directory, "tsconfig.json"), "utf8")).toBe("{}");
    const again = run(project, "node_modules/.bin/restage", "init", "existing");
    expect(again.status).toBe(2);
    expect(again.stderr).toContain("restore.config.ts: it exists");
  });
});

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
