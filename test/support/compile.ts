import { execFileSync } from "node:child_process";

/** Compiles a C program. */
export function compile(source: string, program: string, flags: readonly string[] = [], compiler = "gcc"): void {
  const words = ["-O1", "-Wall", "-Werror", "-pthread", ...flags, "-o", program, source];
  execFileSync(compiler, words, { timeout: 120_000 });
}
