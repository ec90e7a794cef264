import { readdirSync } from "node:fs";
import { type RestoreRequest, STAGES } from "@restage/core";
import { expect } from "vitest";
import { failingAfter } from "../support/failing-after.ts";
import { failureOf } from "../support/failure-of.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import type { PidsCgroup } from "../support/pids-cgroup.ts";
import { type DumpedProgram, restoreProgram } from "./case.ts";

/**
 * Makes the restore of a program fail after each stage before the commit, and checks that it leaves nothing: no tasks and mounts, the names below a directory
 * as they were, and no cgroup.
 */
export async function expectNothingLeftInAnyStage(
  program: DumpedProgram,
  request: Partial<RestoreRequest>,
  directory: string,
  cgroup: PidsCgroup,
): Promise<void> {
  const before = survey();
  const namesIn = () => readdirSync(directory, { recursive: true }).sort();
  const names = namesIn();
  for (const { name: stage } of STAGES.filter(({ name }) => name !== "COMPLETE")) {
    const error = await failureOf(restoreProgram(program, { ...request, plugins: [failingAfter(stage)] }));
    expect(error).toMatchObject({ message: expect.stringContaining("on purpose"), stage });
    await expectNothingLeft(before);
    expect(namesIn(), stage).toEqual(names);
    expect(cgroup.exists()).toBe(false);
  }
}
