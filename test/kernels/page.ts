import { table } from "../../tools/markdown.ts";
import type { KernelResults, Result } from "./results.ts";

const INTRODUCTION = `# Other kernels

<!-- Made by \`npm run kernels\`. Do not edit. -->

\`npm run kernels -- DIRECTORY...\` boots kernels of Debian in virtual machines. In
each, it restores the fixtures, which are checkpoints that CRIU 4.2 made on Linux
6.18, and checkpoints and restores everyday programs: a bash pipeline, a python3
program with threads, and a node HTTP server.
`;

/** The page `docs/kernels.md`. */
export function kernelsPage(results: readonly KernelResults[]): string {
  const rows = results.map(({ version, lines }) => [version, count(lines, "fixture"), count(lines, "program")]);
  const summary = table([["kernel", "fixtures", "programs"], ...rows]);
  return [INTRODUCTION, summary, "", ...results.flatMap(problemsOf)].join("\n");
}

function count(lines: readonly Result[], kind: Result["kind"]): string {
  const all = lines.filter((line) => line.kind === kind);
  return `${all.filter(({ problem }) => problem === undefined).length} of ${all.length}`;
}

function problemsOf({ version, lines, complete }: KernelResults): readonly string[] {
  const failed = lines.filter(({ problem }) => problem !== undefined);
  const items = failed.map(({ kind, name, problem }) => `- ${kind} ${name}: ${problem}`);
  if (!complete) items.push("- the virtual machine stopped before the end of the list");
  return items.length === 0 ? [] : [`## What fails on ${version}`, "", ...items, ""];
}
