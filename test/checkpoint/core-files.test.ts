import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { compile } from "../support/compile.ts";
import { itUnless, noCompiler, succeeds } from "../support/requirements.ts";
import { restage, run } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

const noDebugger = noCompiler ?? (succeeds("gdb") && succeeds("readelf") ? undefined : "needs gdb and readelf");

/** Commands of gdb, each with a pattern of what it prints. */
const QUESTIONS: readonly (readonly [command: string, answer: RegExp])[] = [
  ["thread 1", /Switching to thread 1/],
  ["backtrace", /#\d+ .*inner \(.*=41\).*\n#\d+ .*outer \(.*=40\).*\n#\d+ .*main \(/],
  ["print text_in_heap", /"from the heap"/],
  ["print text_in_shared_memory", /"from shared memory"/],
  ["print text_in_memfd", /"from a memfd"/],
  ["print initialized[1] + initialized[2000]", /= 9\n/],
  ["thread 2", /Switching to thread 2/],
  ["backtrace", /#0 .*worker \(/],
  ["print/x $r12", /= 0x5eed5eed\n/],
  ["print $orig_rax", /= 34\n/],
  ["print $mxcsr", /\[ IM DM ZM OM UM PM \]/],
  ["info proc mappings", /program\n/],
];

itUnless(noDebugger, "a debugger reads the core file of a checkpoint: threads, registers and memory", async () => {
  const place = temporaryDirectory("core-files");
  const program = join(place, "program");
  compile(join(import.meta.dirname, "traced-threads/program.c"), program, ["-g"]);
  const ready = join(place, "ready");
  const child = spawn(program, [ready], { stdio: "ignore", detached: true });
  try {
    await until(() => existsSync(ready), "the program is ready");
    const saved = restage(["checkpoint", String(child.pid), "-D", place]);
    expect(saved.status, saved.stderr).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
  const made = restage(["crit", "core-dump", "-i", place, "-o", place]);
  expect(made.status, made.stderr).toBe(0);
  const core = join(place, `core.${child.pid}`);
  expect(run(["readelf", "--headers", "--notes", core]).stderr).not.toContain("Error");
  const commands = QUESTIONS.flatMap(([command], index) => ["-ex", `echo <${index}>`, "-ex", command]);
  const { stdout, stderr } = run(["gdb", "-nx", "-batch", ...commands, program, core]);
  const answers = stdout.split(/<\d+>/).slice(1);
  QUESTIONS.forEach(([command, pattern], index) => {
    expect(answers[index], `${command}\n${stdout}\n${stderr}`).toMatch(pattern);
  });
  expect(stderr).not.toContain("Unexpected size");
  const { stderr: refusal } = restage(["crit", "core-dump", "-i", place, "-p", "1"]);
  expect(refusal).toContain(`the checkpoint does not have it\n  hint: it has ${child.pid}\n`);
});
