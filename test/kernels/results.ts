/** The result of one restore. */
export interface Result {
  readonly kind: "fixture" | "program";
  readonly name: string;
  /** Why it failed; undefined when it passed. */
  readonly problem: string | undefined;
}

/** The results of one kernel. */
export interface KernelResults {
  /** As `uname -r` prints it. */
  readonly version: string;
  readonly lines: readonly Result[];
  /** Whether the machine came to the end of its list. */
  readonly complete: boolean;
}

/** Reads what `inside.sh` has printed. */
export function readResults(text: string): Omit<KernelResults, "version"> {
  const lines = [...text.matchAll(/^(fixture|program) (\S+) (?:pass|fail: (.*))$/gm)].map(
    ([, kind, name = "", problem]): Result => ({
      kind: kind === "fixture" ? "fixture" : "program",
      name,
      problem: problem?.trim(),
    }),
  );
  return { lines, complete: /^complete$/m.test(text) };
}
