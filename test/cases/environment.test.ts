import { readFileSync } from "node:fs";
import { join } from "node:path";
import { environment } from "@restage/plugins";
import { expect, it } from "vitest";
import { compile } from "../support/compile.ts";
import { failureOf } from "../support/failure-of.ts";
import { itUnless, succeeds } from "../support/requirements.ts";
import { dumpWords, makePlace, restoreProgram, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

const SOURCE = join(import.meta.dirname, "environment");
const VARIABLES = { GROW: "small", SAME: "12345", GONE: "gone", LAST: "last" };
const LONG = "long-".padEnd(4096, "x");
const CHANGES = { GROW: LONG, SAME: "54321", GONE: null, ADDED: "added" };

const noMusl = succeeds("musl-gcc") ? undefined : "needs musl-gcc";
const noBash = succeeds("bash") ? undefined : "needs bash";
const noPython = succeeds("python3") ? undefined : "needs python3";

/** What a program says of its variables after the restore, and those of its child. */
async function saidBy(words: readonly string[], changes: Record<string, string | null>, place = makePlace()) {
  const program = await dumpWords(words, place, { ...VARIABLES, PATH: process.env["PATH"] });
  await restoreProgram(program, { plugins: [environment(changes)] });
  return (await verdictOf(program)).trim().split("\n");
}

async function saidByProgram(compiler: string, flags: readonly string[], own: readonly string[] = []) {
  const place = makePlace();
  const path = join(place.place, "program");
  compile(join(SOURCE, "program.c"), path, flags, compiler);
  const said = await saidBy([path, ...own], CHANGES, place);
  return { said, child: readFileSync(join(place.directory, "child"), "utf8").trim().split("\n") };
}

describeDumped("environment changes variables of a running program", () => {
  const changed = (who: string) => [
    `${who} GROW long- 4096`,
    `${who} SAME 54321 5`,
    `${who} GONE -`,
    `${who} ADDED added 5`,
  ];
  const asStarted = {
    said: [
      ...changed("self"),
      "self OWN -",
      "kept GROW long- 4096",
      "shown GROW long- 4096",
      "shown SAME 54321 5",
      "shown ADDED added 5",
      "later GROW again 5",
      "later SAME -",
      "later GONE -",
      "later ADDED again 5",
      "later OWN -",
    ],
    child: [...changed("child"), "child OWN -"],
  };

  it("with glibc", async () => {
    expect(await saidByProgram("gcc", [])).toEqual(asStarted);
  });

  it("with glibc, after it has set variables itself", async () => {
    const { said, child } = await saidByProgram("gcc", [], ["set"]);
    expect(child).toEqual([...changed("child"), "child OWN own 3"]);
    expect(said.filter((line) => line.includes("GROW"))).toEqual([
      "self GROW long- 4096",
      "kept GROW long- 4096",
      "shown GROW long- 4096",
      "later GROW again 5",
    ]);
    expect(said).toContain("later OWN own 3");
  });

  itUnless(noMusl, "linked statically with musl", async () => {
    expect(await saidByProgram("musl-gcc", ["-static"])).toEqual(asStarted);
  });

  itUnless(noMusl, "with musl, unless it has set them itself and there is no room", async () => {
    const failed = await failureOf(saidByProgram("musl-gcc", ["-static"], ["set"]));
    expect(failed.message).toContain("variable GROW: ");
  });

  itUnless(noBash, "that is bash", async () => {
    const lines = (who: string, ...rest: readonly string[]) =>
      [who, "child"].flatMap((each) => ["GROW", "SAME", "MADE"].map((name, n) => `${each} ${name} ${rest[n]}`));
    const changes = { GROW: LONG, SAME: "54321", MADE: `${LONG}-made` };
    expect(await saidBy(["bash", join(SOURCE, "program.sh")], changes)).toEqual([
      ...lines("self", "long- 4096", "54321 5", "long- 4101"),
      ...lines("later", "again 4101", "54321 11", " 0"),
      ...lines("last", " 0", " 0", " 0"),
    ]);
    const failed = await failureOf(saidBy(["bash", join(SOURCE, "program.sh")], { GONE: null }));
    expect(failed.message).toBe("variable GONE: bash keeps a copy, so it cannot be removed");
  });

  itUnless(noPython, "that is Python", async () => {
    expect(
      await saidBy(["python3", join(SOURCE, "program.py")], { GROW: LONG, SAME: "54321", ADDED: "added" }),
    ).toEqual([
      "self GROW long- 4096",
      "self SAME 54321 5",
      "self ADDED  0",
      "child GROW long- 4096",
      "child SAME 54321 5",
      "child ADDED added 5",
      "later GROW long- 4101",
      "later SAME  0",
      "later ADDED  0",
      "child GROW long- 4101",
      "child SAME  0",
      "child ADDED added 5",
    ]);
  });
});
