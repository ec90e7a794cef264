import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ROOT, restage } from "../support/restage.ts";
import { type DumpedProgram, dumpProgram, forget, missing, verdictOf } from "./case.ts";

const COMMAND = `'${process.execPath}' '${join(ROOT, "packages/cli/dist/restage.js")}'`;

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

async function dump(): Promise<DumpedProgram> {
  const program = await dumpProgram(join(import.meta.dirname, "family"));
  programs.push(program);
  return program;
}

/** Runs a script of a shell to its end; it finds `children` of itself. */
function run(script: string) {
  const children = "children() { read found < /proc/$$/task/$$/children; echo $found; }\n";
  return spawnSync("sh", ["-c", children + script], { encoding: "utf8", timeout: 60_000 });
}

describe.skipIf(missing !== undefined)(
  `parents of a tree${missing === undefined ? "" : ` (SKIPPED: ${missing})`}`,
  () => {
    it("is the caller of the command with --restore-sibling", async () => {
      const program = await dump();
      const { pid, images, directory } = program;
      const { stdout, stderr } = run(
        `${COMMAND} restore -d -S -D '${images}'; children; touch '${directory}/go'; wait`,
      );
      expect(stderr).toBe("");
      // Nobody else is left, not even a zombie.
      expect(stdout.trim()).toBe(String(pid));
      expect(await verdictOf(program)).toBe("pass");
    });

    it("is a program in the place of the command with --exec-cmd", async () => {
      const program = await dump();
      const { pid, images, directory } = program;
      const script = `cat /proc/$$/task/$$/children > '${directory}/children'; grep -i sigign /proc/$$/status; touch '${directory}/go'; echo "$0 $VARIABLE"`;
      writeFileSync(join(directory, "script"), script);
      const { stdout, stderr } = run(
        `export VARIABLE=value; exec ${COMMAND} restore -D '${images}' --exec-cmd -- sh -c '. ${directory}/script' name`,
      );
      expect(stderr).toBe("");
      expect(readFileSync(join(directory, "children"), "utf8").trim().split(" ")[0]).toBe(String(pid));
      expect(stdout).toBe("SigIgn:\t0000000000000000\nname value\n");
      expect(await verdictOf(program)).toBe("pass");
    });

    it("is not what nobody can be", () => {
      const errorOf = (words: string) => restage(["restore", "-D", "/", ...words.split(" ")]).stderr;
      expect(errorOf("-S")).toContain("--restore-sibling only makes sense with --restore-detached");
      expect(errorOf("-d --exec-cmd -- true")).toContain("--exec-cmd and --restore-detached cannot both be");
      expect(errorOf("--exec-cmd")).toContain("--exec-cmd needs a program");
    });
  },
);
