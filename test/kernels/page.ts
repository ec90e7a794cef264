import type { Support } from "../../packages/plugins/src/support.ts";
import { item, page, table, wrap } from "../../tools/markdown.ts";
import type { KernelResults, Kind, Result } from "./results.ts";

/**
 * `docs/kernels.md`: what was restored on other kernels, what was not, and why.
 *
 * @param reasons why a restore fails, by the name of the fixture or program.
 */
export function kernelsPage(
  all: readonly KernelResults[],
  reasons: Readonly<Record<string, string>>,
  support: readonly Support[],
): string {
  const intro =
    "The tests run on Linux 6.18. `npm run kernels` boots other kernels, those of Debian, in virtual machines, and records what it restored there:";
  const meanings = [
    "fixtures: checkpoints that CRIU 4.2 made on Linux 6.18",
    "programs: everyday programs that were checkpointed and restored on that kernel",
    "carried: the same programs, checkpointed on that kernel and restored on Linux 6.18",
  ];
  const kinds: readonly Kind[] = ["fixture", "program", "arrival"];
  const rows = all.map(({ version, results }) => [version, ...kinds.map((kind) => count(results, kind))]);
  const newer = support.filter(({ kernel = "" }) =>
    [...kernel.matchAll(/\d+\.\d+/g)].some(([version]) => isNewer(version)),
  );
  return page(
    "Other kernels",
    wrap(intro),
    meanings.map(item).join("\n"),
    table([["kernel", "fixtures", "programs", "carried"], ...rows]),
    ...all.flatMap((kernel) => problemsOf(kernel, reasons)),
    "## What needs a newer kernel",
    wrap("Some resources exist only on newer kernels. A checkpoint that has them cannot be restored on an older one:"),
    newer.map(({ what, kernel }) => item(`${what}: ${kernel}`)).join("\n"),
  );
}

/** Whether a version is newer than 6.1, which everything requires. */
function isNewer(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 6 || (major === 6 && minor > 1);
}

function count(results: readonly Result[], kind: Kind): string {
  const all = results.filter((result) => result.kind === kind);
  return all.length === 0 ? "" : `${all.filter(({ problem }) => problem === undefined).length} of ${all.length}`;
}

function problemsOf({ version, results }: KernelResults, reasons: Readonly<Record<string, string>>): readonly string[] {
  const failed = results.filter(({ kind, problem }) => kind !== "criu" && problem !== undefined);
  if (failed.length === 0) return [];
  const items = failed.map(({ kind, name, problem = "" }) => {
    const isOfBoth =
      kind === "fixture" &&
      results.some((other) => other.kind === "criu" && other.name === name && other.problem !== undefined);
    return item(
      `${kind} ${name}${isOfBoth ? ", which CRIU does not restore there either" : ""}: ${reasons[name] ?? problem}`,
    );
  });
  return [`## What fails on ${version}`, items.join("\n")];
}
