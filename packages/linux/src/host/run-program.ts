import { accessSync, constants } from "node:fs";

const TIME = 20_000;
/** Where execvp(3) looks for programs without PATH. */
const DEFAULT_PATH = "/bin:/usr/bin";
/** The most bytes of output. */
const LARGEST_OUTPUT = 64 * 1024 * 1024;

/** How a program ended. */
export interface ProgramOutcome {
  /** Its exit status; undefined when it could not be started, or was killed. */
  readonly status: number | undefined;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program that PATH finds, and waits for its end. */
export function runProgram(name: string, args: readonly string[], input: string | Uint8Array = ""): ProgramOutcome {
  // Loaded only here: most restores run no program, and loading it takes as long as all stages of a small restore.
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { status, stdout, stderr } = spawnSync(name, args, {
    input,
    encoding: "utf8",
    timeout: TIME,
    maxBuffer: LARGEST_OUTPUT,
  });
  return { status: status ?? undefined, output: stdout ?? "", errors: stderr ?? "" };
}

/** Whether PATH leads to a program. Starting it to find out would take longer than all stages of a small restore. */
export function isInstalled(name: string): boolean {
  return (process.env["PATH"] ?? DEFAULT_PATH).split(":").some((directory) => isExecutable(`${directory}/${name}`));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
