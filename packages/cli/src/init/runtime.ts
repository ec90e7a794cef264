import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "../options/settings.ts";

/** Files that belong to a runtime. */
const MARKS: readonly (readonly [Runtime, readonly string[]])[] = [
  ["deno", ["deno.json", "deno.jsonc", "deno.lock"]],
  ["bun", ["bun.lock", "bun.lockb", "bunfig.toml"]],
  ["node", ["package-lock.json", "pnpm-lock.yaml", "yarn.lock"]],
];

/** The runtime of a project: that of its files, or of the package manager or runtime that runs this command. */
export function guessRuntime(directory: string): Runtime {
  for (const [runtime, files] of MARKS) if (files.some((file) => existsSync(join(directory, file)))) return runtime;
  const isExecutable = process.argv[1]?.startsWith("/$bunfs/") === true;
  if ("Bun" in globalThis && !isExecutable) return "bun";
  if ("Deno" in globalThis) return "deno";
  return process.env["npm_config_user_agent"]?.startsWith("bun/") === true ? "bun" : "node";
}

/** How a runtime starts the command, and tests. */
export interface RuntimeCommands {
  readonly install: string;
  readonly run: string;
  readonly restage: string;
  /** The same in a shell, whose PATH does not have the command. */
  readonly shell: string;
  /** @param tests the names of the files. */
  readonly test: (tests: string) => string;
}

export const COMMANDS_OF: Readonly<Record<Runtime, RuntimeCommands>> = {
  node: {
    install: "npm install",
    run: "npm run",
    restage: "restage",
    shell: "npx restage",
    // Node 20 runs no TypeScript itself.
    test: (tests) => `node --import jiti/register --test ${tests}`,
  },
  deno: {
    install: "deno install",
    run: "deno task",
    restage: "deno run -A npm:restage",
    shell: "deno run -A npm:restage",
    test: (tests) => `deno test -A ${tests}`,
  },
  bun: {
    install: "bun install",
    run: "bun run",
    restage: "bun --bun restage",
    shell: "bun --bun restage",
    test: (tests) => `bun test ${tests}`,
  },
};
