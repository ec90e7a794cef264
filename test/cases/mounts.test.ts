import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { surveyAll } from "../support/container-fixture.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import {
  type DumpedProgram,
  describeDumped,
  dumpProgram,
  forget,
  restoreProgram,
  restoreThatDies,
  until,
  verdictOf,
} from "./case.ts";

/** What a program wrote when it found other mounts than it had. */
function difference({ directory }: DumpedProgram): string {
  const [before, after] = ["mounts-before", "mounts-after"].map((name) => join(directory, name));
  if (before === undefined || after === undefined || !existsSync(before)) return "";
  const [was, is] = [before, after].map((path) => readFileSync(path, "utf8").split("\n"));
  const missing = was?.filter((line) => !is?.includes(line)).map((line) => `- ${line}`) ?? [];
  const added = is?.filter((line) => !was?.includes(line)).map((line) => `+ ${line}`) ?? [];
  return [...missing, ...added].join("\n");
}

describeDumped("mounts", () => {
  const programs: DumpedProgram[] = [];
  afterEach(() => {
    for (const program of programs.splice(0)) forget(program);
  });

  async function dump(name: string, flags: readonly string[] = []): Promise<DumpedProgram> {
    const program = await dumpProgram(join(import.meta.dirname, name), () => flags, undefined, ["-static"]);
    programs.push(program);
    return program;
  }

  it("of all kinds, with what is on them", async () => {
    const program = await dump("mounts");
    await restoreProgram(program, { root: program.directory });
    const verdict = await verdictOf(program);
    expect(difference(program)).toBe("");
    expect(verdict).toBe("pass");
    expect(existsSync(join(program.directory, "gone"))).toBe(false);
  });

  it("of several mount namespaces, tied together, with the files of their tasks", async () => {
    const program = await dump("mount-namespaces");
    await restoreProgram(program, { root: program.directory });
    const verdict = await verdictOf(program);
    expect(difference(program)).toBe("");
    expect(verdict).toBe("pass");
  });

  it.each([
    ["mounts", "mountsReady"],
    ["mounts", "PREPARE_NAMESPACES"],
    ["mount-namespaces", "mountsReady"],
    ["mount-namespaces", "RESTORE"],
  ] as const)("of case %s leave nothing when the coordinator is killed at %s", async (name, moment) => {
    const program = await dump(name);
    const namesIn = () => readdirSync(program.directory, { recursive: true }).sort();
    const names = namesIn();
    const before = surveyAll();
    const left = survey();
    const [node, ...words] = restoreThatDies(program, moment, { root: program.directory });
    const { signal, stderr } = spawnSync(node, words, { encoding: "utf8", timeout: 60_000 });
    expect(signal, stderr).toBe("SIGKILL");
    await until(() => namesIn().length === names.length, "what had been deleted is gone again");
    expect(namesIn()).toEqual(names);
    await expectNothingLeft(left);
    await until(() => surveyAll().join() === before.join(), "no namespace is left");
  });
});
