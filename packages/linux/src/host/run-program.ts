const TIME = 20_000;
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
