import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const jiti = join(dirname(createRequire(import.meta.url).resolve("jiti/package.json")), "lib/jiti-cli.mjs");

/** The command that runs a TypeScript file in a process of its own. */
export function commandFor(script: string, ...words: readonly string[]): readonly [string, ...string[]] {
  return [process.execPath, jiti, script, ...words];
}
