import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { RestoreError } from "@restage/core";
import { EXIT } from "../exit-codes.ts";
import { type Manifest, merged } from "../init/manifest.ts";
import { json, makeProject, type Project } from "../init/project.ts";
import { COMMANDS_OF, guessRuntime } from "../init/runtime.ts";
import type { Settings } from "../options/settings.ts";
import { print } from "../report/print.ts";
import { VERSION } from "../version.ts";

/** Makes a project with a configuration, a plugin and its test. Changes no file that exists but package.json, which it completes. Returns the exit code. */
export async function initCommand(settings: Settings, given: string | undefined): Promise<number> {
  const directory = resolve(given ?? ".");
  const runtime = settings.runtime ?? guessRuntime(directory);
  const project = makeProject({ directory, runtime, plugin: settings.plugin, version: VERSION });
  const existing = [...project.files.keys()].filter((file) => existsSync(join(directory, file)));
  const inTheWay = existing.find((file) => file !== "tsconfig.json" && file !== "README.md");
  if (inTheWay !== undefined)
    throw new RestoreError("ERR_OPTION", `Cannot make ${join(directory, inTheWay)}: it exists`, {
      hint: "choose another directory: `restage init DIR`",
    });
  const manifest = writeProject(directory, project, existing);
  const { run, shell } = COMMANDS_OF[runtime];
  // Deno and Bun look in the npm registry for the packages that an archive needs.
  const { install } = COMMANDS_OF[hasArchives(manifest) ? "node" : runtime];
  const steps = [
    ...(directory === process.cwd() ? [] : [`cd ${relative(process.cwd(), directory)}`]),
    install,
    `${run} test   # tests the plugin, without root`,
    `${run} plan   # prints what a restore would do`,
  ];
  print(
    `Made a ${settings.plugin ? "package with a plugin" : "project"} for ${TITLES[runtime]} in ${directory}. Next:\n\n`,
  );
  for (const step of steps) print(`  ${step}\n`);
  print(`
The checkpoint is a small invented one. Replace it with one of your own, as root:
  setsid PROGRAM </dev/null >/dev/null 2>&1 &   # without terminal and files of the shell
  ${shell} checkpoint $(pgrep -n PROGRAM) -D checkpoint
Read how to write plugins: \`${shell} help plugin-guide\`, \`${shell} help recipes\`

You can ignore a warning that the install script of koffi did not run: Restage does not need it.
`);
  return EXIT.OK;
}

const TITLES = { node: "Node", deno: "Deno", bun: "Bun" } as const;

/** Returns what package.json has now. */
function writeProject(directory: string, { manifest, files }: Project, existing: readonly string[]): Manifest {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "package.json");
  const written = existsSync(path) ? merged(readManifest(path), manifest) : manifest;
  writeFileSync(path, json(written));
  for (const [file, content] of files) {
    if (existing.includes(file)) continue;
    const path = join(directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { flag: "wx" });
  }
  return written;
}

function hasArchives({ dependencies, devDependencies }: Manifest): boolean {
  return Object.values({ ...dependencies, ...devDependencies }).some((version) => version.startsWith("file:"));
}

function readManifest(path: string): Manifest {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new RestoreError("ERR_OPTION", `Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
