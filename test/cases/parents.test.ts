import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { COMMAND, restage, run } from "../support/restage.ts";
import { dumpCase, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

const RESTORE = `'${process.execPath}' '${COMMAND}' restore`;

/** Runs a shell script to its end. Its function `children` prints the children of the shell. */
function runScript(script: string) {
  const children = "children() { read found < /proc/$$/task/$$/children; echo $found; }\n";
  return run(["sh", "-c", children + script]);
}

describeDumped("the parent of a restored tree", () => {
  it("is the caller of the command with --restore-sibling", async () => {
    const program = await dumpCase("family");
    const { pid, images, directory } = program;
    const { stdout, stderr } = runScript(`${RESTORE} -d -S -D '${images}'; children; touch '${directory}/go'; wait`);
    expect(stderr).toBe("");
    // The shell has no other child, not even a zombie.
    expect(stdout.trim()).toBe(String(pid));
    expect(await verdictOf(program)).toBe("pass");
  });

  it("is the program that replaces the command with --exec-cmd", async () => {
    const program = await dumpCase("family");
    const { pid, images, directory } = program;
    const script = `cat /proc/$$/task/$$/children > '${directory}/children'; grep -i sigign /proc/$$/status; touch '${directory}/go'; echo "$0 $VARIABLE"`;
    writeFileSync(join(directory, "script"), script);
    const { stdout, stderr } = runScript(
      `export VARIABLE=value; exec ${RESTORE} -D '${images}' --exec-cmd -- sh -c '. ${directory}/script' name`,
    );
    expect(stderr).toBe("");
    expect(readFileSync(join(directory, "children"), "utf8").trim().split(" ")[0]).toBe(String(pid));
    expect(stdout).toBe("SigIgn:\t0000000000000000\nname value\n");
    expect(await verdictOf(program)).toBe("pass");
  });

  it("is init if the program of --exec-cmd cannot be executed, which --json reports", async () => {
    const program = await dumpCase("family");
    const { status, stdout } = restage([
      "restore",
      "-D",
      program.images,
      "--json",
      "--exec-cmd",
      "--",
      "no-such-program",
    ]);
    const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({ kind: "failed", error: { code: "ERR_COMPLETE" } });
    expect(last.error.message).toContain("no-such-program cannot be executed");
    expect(status).toBe(3);
    writeFileSync(join(program.directory, "go"), "");
    expect(await verdictOf(program)).toBe("pass");
  });

  it("cannot be chosen by options that contradict each other", () => {
    const errorOf = (words: string) => restage(["restore", "-D", "/", ...words.split(" ")]).stderr;
    expect(errorOf("-S")).toContain("--restore-sibling requires --restore-detached");
    expect(errorOf("-d --exec-cmd -- true")).toContain("--exec-cmd and --restore-detached cannot be combined");
    expect(errorOf("--exec-cmd")).toContain("--exec-cmd needs a program");
  });
});
