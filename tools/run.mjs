// Runs steps by name, in order: `node tools/run.mjs install build:cli test`. Arguments after `--` go to the last step.
//
// It needs only Node and npm, and is JavaScript because Node 20 does not run TypeScript. A step prints one line, and its output if it
// fails. Tests, the demo and examples print as they run. Every step has a time limit, and none waits for an answer.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MINUTE = 60_000;

/**
 * @typedef {object} Command
 * @property {string[]} argv
 * @property {string} [cwd]
 *
 * @typedef {object} Step
 * @property {string} says what it does
 * @property {() => Command[]} commands run at the same time
 * @property {number} limit in milliseconds
 * @property {boolean} [speaks] whether its output is shown as it comes
 * @property {boolean} [asks] whether it reads the terminal
 * @property {{ inputs: string[], outputs: string[] }} [made] its inputs and outputs: it is skipped while they are unchanged
 */

const pnpm = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;

const libraries = ["images", "linux", "core", "plugins", "fleet"];
const packages = [...libraries, "cli", "create-restage"];
const folders = [".", "bench", "examples", "test", ...packages.map((name) => join("packages", name))];
const manifests = folders.map((folder) => join(folder, "package.json"));
const sources = [
  "pnpm-lock.yaml",
  "tsconfig.base.json",
  ...libraries.flatMap((name) => ["src", "package.json", "tsup.config.ts"].map((part) => join("packages", name, part))),
];

/** The entry points of the packages, for the pages of the API. */
const modules = [
  ...[
    "core/src/mod.ts",
    "core/src/testing/mod.ts",
    "plugins/src/mod.ts",
    "plugins/src/dump.ts",
    "plugins/src/testing.ts",
  ],
  ...["fleet/src/mod.ts", "images/src/mod.ts", "linux/src/mod.ts", "linux/src/abi/mod.ts"],
].map((path) => `packages/${path}`);

/** @type {Record<string, Step>} */
const steps = {
  install: {
    says: "installing",
    commands: () => [
      { argv: ["npx", "--yes", pnpm, "install", "--frozen-lockfile", "--config.confirmModulesPurge=false"] },
    ],
    limit: 10 * MINUTE,
    made: {
      inputs: ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests],
      outputs: folders.map((folder) => join(folder, "node_modules")),
    },
  },
  // The command is always built anew, in a second: the libraries, with their declarations, only after a change.
  "build:cli": {
    says: "building the command",
    commands: () => [{ ...tool("jiti", "build.ts"), cwd: join(root, "packages/cli") }],
    limit: 2 * MINUTE,
  },
  "build:executable": {
    says: "building the executable",
    commands: () => [{ ...tool("jiti", "build-executable.ts"), cwd: join(root, "packages/cli") }],
    limit: 2 * MINUTE,
  },
  "build:libs": {
    says: "building the libraries",
    commands: () => libraries.map(buildOf),
    limit: 5 * MINUTE,
    made: { inputs: sources, outputs: libraries.map((name) => join("packages", name, "dist")) },
  },
  "install:site": {
    says: "installing what makes the site",
    commands: () => [
      { argv: ["npx", "--yes", pnpm, "--dir", "site", "install", "--frozen-lockfile", "--ignore-workspace"] },
    ],
    limit: 10 * MINUTE,
    made: { inputs: ["site/package.json", "site/pnpm-lock.yaml"], outputs: ["site/node_modules"] },
  },
  "site:pages": {
    says: "building the site",
    commands: () => [{ argv: [join(root, "site/node_modules/.bin/vitepress"), "build", "site"] }],
    limit: 5 * MINUTE,
  },
  "site:api": {
    says: "building the pages of the API",
    commands: () => [tool("deno", "doc", "--quiet", "--html", "--name=Restage", "--output=site/dist/api", ...modules)],
    limit: 5 * MINUTE,
  },
  // Its links, and its start page in a browser.
  "site:test": {
    says: "",
    commands: () => [tool("vitest", "run", "--project", "unit", "tools/site.test.ts")],
    limit: 5 * MINUTE,
    speaks: true,
  },
  format: {
    says: "format and lint",
    commands: () => [tool("biome", "check", "--error-on-warnings", ".")],
    limit: MINUTE,
  },
  types: { says: "types", commands: () => [tool("tsc", "-p", ".")], limit: 5 * MINUTE },
  boundaries: { says: "import boundaries", commands: () => [tool("jiti", "tools/check-boundaries.ts")], limit: MINUTE },
  test: { says: "testing", commands: () => [tool("vitest", "run")], limit: 60 * MINUTE, speaks: true },
  soak: shown(tool("jiti", "test/checkpoint/soak.ts")),
  kernels: shown(tool("jiti", "test/kernels/start.ts"), 600 * MINUTE),
  fuzz: shown(tool("jiti", "test/fuzz/command.ts"), 120 * MINUTE),
  engines: shown({
    argv: ["env", "ENGINES=1", ...tool("vitest", "run", "--project", "restore", "test/containers").argv],
  }),
  demo: shown(tool("jiti", "examples/shell-loop/start.ts")),
  "demo:deno": shown(tool("deno", "run", "-A", "--no-check", "examples/shell-loop/start.ts")),
  "demo:bun": shown(tool("bun", "examples/shell-loop/start.ts")),
  example: shown(tool("jiti", "examples/run.ts")),
};

/** A command of an installed package. */
function tool(name, ...args) {
  return { argv: [join(root, "node_modules/.bin", name), ...args] };
}

/** A step whose output the user wants to see. */
function shown(command, limit = 30 * MINUTE) {
  return { says: "", commands: () => [command], limit, speaks: true, asks: true };
}

function buildOf(name) {
  return { ...tool("tsup"), cwd: join(root, "packages", name) };
}

/** The file with the hash of a step's inputs when it last ran, so that it runs again only after a change. */
const stampFile = (name) => join(root, "node_modules", `.done-${name.replace(":", "-")}`);

function stampOf({ inputs }) {
  const hash = createHash("sha256").update(process.version);
  for (const file of inputs.flatMap(filesOf)) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

function isMade(name, { outputs }, stamp) {
  if (!outputs.every((output) => existsSync(join(root, output)))) return false;
  return existsSync(stampFile(name)) && readFileSync(stampFile(name), "utf8") === stamp;
}

/** A file, all files below a folder, or nothing. */
function filesOf(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}

/** Running process groups, which end with this process. */
const running = new Set();

function stopAll(signal) {
  for (const { pid, leads } of running) {
    // The terminal has already sent its own group this signal.
    if (!leads && signal === "SIGINT") continue;
    try {
      process.kill(leads ? -pid : pid, signal);
    } catch {
      // It ended by itself.
    }
  }
}

for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.on(signal, () => {
    stopAll(signal);
    setTimeout(() => {
      stopAll("SIGKILL");
      process.exit(code);
    }, 5000).unref();
    process.exitCode = code;
    interrupted = true;
  });
}
let interrupted = false;

/** @returns {Promise<{ ok: boolean, output: string }>} */
function run({ argv: [file, ...args], cwd = root }, { speaks = false, asks = false, limit }) {
  // In its own group, everything that it starts ends with it. But only the terminal's foreground group can read from the terminal.
  const leads = !asks;
  const child = spawn(file, args, {
    cwd,
    detached: leads,
    stdio: [asks ? "inherit" : "ignore", ...(speaks ? ["inherit", "inherit"] : ["pipe", "pipe"])],
    // With CI set, pnpm asks nothing. Tests and the demo get the environment unchanged, except for colours in a file.
    env: {
      ...process.env,
      ...(speaks ? {} : { CI: "true" }),
      ...(speaks && process.stdout.isTTY ? {} : { NO_COLOR: "1" }),
    },
  });
  const output = [];
  child.stdout?.on("data", (data) => output.push(data));
  child.stderr?.on("data", (data) => output.push(data));
  const entry = { pid: child.pid, leads };
  running.add(entry);
  const timer = setTimeout(() => {
    output.push(Buffer.from(`\nstopped: took longer than ${limit / 1000} s\n`));
    if (speaks) process.stderr.write(output.at(-1));
    stopAll("SIGTERM");
    setTimeout(() => stopAll("SIGKILL"), 5000).unref();
  }, limit);
  return new Promise((resolve) => {
    const end = (ok) => {
      clearTimeout(timer);
      running.delete(entry);
      resolve({ ok, output: Buffer.concat(output).toString() });
    };
    child.on("error", (error) => {
      output.push(Buffer.from(`${file}: ${error.message}\n`));
      end(false);
    });
    child.on("close", (code) => end(code === 0));
  });
}

/** @returns whether it succeeded */
async function take(name, extra) {
  const step = steps[name];
  if (step === undefined) throw new Error(`no step ${name}; there are ${Object.keys(steps).join(", ")}`);
  const stamp = step.made && stampOf(step.made);
  if (step.made && isMade(name, step.made, stamp)) return true;
  if (step.made) rmSync(stampFile(name), { force: true });
  const start = performance.now();
  if (!step.speaks) process.stdout.write(`${step.says} ... `);
  const commands = step.commands().map((command) => ({ ...command, argv: [...command.argv, ...extra] }));
  const results = await Promise.all(commands.map((command) => run(command, step)));
  const failed = results.filter(({ ok }) => !ok);
  if (!step.speaks) {
    console.log(`${failed.length > 0 ? "failed after " : ""}${((performance.now() - start) / 1000).toFixed(1)} s`);
    for (const { output } of failed) console.error(output.trimEnd());
  }
  if (failed.length > 0) return false;
  if (step.made) writeFileSync(stampFile(name), stamp);
  return true;
}

const words = process.argv.slice(2);
const split = words.indexOf("--");
const names = split < 0 ? words : words.slice(0, split);
const extra = split < 0 ? [] : words.slice(split + 1);
for (const [index, name] of names.entries()) {
  const ok = await take(name, index === names.length - 1 ? extra : []);
  if (interrupted) break;
  if (ok) continue;
  process.exitCode = 1;
  break;
}
