import { RestoreError } from "@restage/core";
import { EXIT } from "../exit-codes.ts";
import { print } from "../report/print.ts";
import { CRIU_VERSION } from "./version.ts";

/** Commands that mean the same for both. */
const SAME: readonly string[] = [
  "dump",
  "pre-dump",
  "restore",
  "swrk",
  "service",
  "cpuinfo",
  "page-server",
  "lazy-pages",
];
/** Commands of CRIU that Restage does not have yet. */
const MISSING: readonly string[] = ["dedup", "exec", "show"];

const HELP = `Usage: criu COMMAND [OPTIONS]

Takes the place of CRIU. \`restage help COMMAND\` lists the options of a command.

Commands: check, ${SAME.join(", ")}
Commands of CRIU that Restage does not support yet: ${MISSING.join(", ")}
`;

/**
 * Runs a command line of CRIU. Returns the exit code.
 *
 * Throws a RestoreError.
 *
 * @param run runs a command line of Restage.
 */
export async function runCriu(
  words: readonly string[],
  run: (words: readonly string[]) => Promise<number>,
): Promise<number> {
  const name = words.find((word) => !word.startsWith("-"));
  if (words.includes("--version") || words.includes("-V")) {
    print(`Version: ${CRIU_VERSION.major}.${CRIU_VERSION.minor}\n`);
    return EXIT.OK;
  }
  if (name === undefined && (words.includes("--help") || words.includes("-h"))) {
    print(HELP);
    return EXIT.OK;
  }
  if (name === "check") return (await import("./check.ts")).checkFeatures(words);
  if (name !== undefined && SAME.includes(name)) return run(words);
  if (name !== undefined && MISSING.includes(name))
    throw new RestoreError("ERR_OPTION", `criu ${name} is a command of CRIU that Restage does not support yet`);
  throw new RestoreError("ERR_OPTION", name === undefined ? "Name a command of CRIU" : `There is no command ${name}`, {
    hint: "for example: `criu restore -D images`",
  });
}
