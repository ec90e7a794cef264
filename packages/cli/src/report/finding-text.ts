import type { DumpFinding, Finding } from "@restage/core";
import { taskName } from "@restage/linux/abi";

/** A finding on one line, and its hint on the next. */
export function findingWithHint(finding: Finding | DumpFinding): string {
  const { hint } = finding;
  return `${findingText(finding)}${hint === undefined ? "" : `\n  hint: ${hint}`}`;
}

/** A finding on one line. It names the task, if there is one that the finding does not name itself. */
export function findingText({ what, why, pid, comm }: Finding | DumpFinding): string {
  const task = pid === undefined ? undefined : taskName(pid, comm);
  return `${what}${task === undefined || what.includes(task) ? "" : ` of ${task}`}: ${why}`;
}
