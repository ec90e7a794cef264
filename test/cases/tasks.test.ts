import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noCompiler, type Obstacle } from "../support/requirements.ts";
import { itComesBack } from "./comes-back.ts";
import { describeDumped } from "./dumpers.ts";

/** Some virtual machines have no system calls of 32-bit programs, whatever the configuration of their kernel says. */
const no32BitCalls: Obstacle = noCompiler ?? (has32BitCalls() ? undefined : "needs system calls of 32-bit programs");

/** Whether a program that asks for its pid by `int $0x80` lives on. */
function has32BitCalls(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "restage-calls-"));
  const program = join(directory, "program");
  const input = 'int main(void) { int pid = 20; __asm__ volatile("int $0x80" : "+a"(pid)); return pid <= 0; }';
  try {
    const compiled = spawnSync("gcc", ["-x", "c", "-", "-o", program], { input });
    return compiled.status === 0 && spawnSync(program).status === 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describeDumped("the state of tasks and threads is restored", () => {
  for (const name of [
    "signal-queues",
    "stopped-tasks",
    "timers",
    "blocked-calls",
    "rseq-critical",
    "vector-registers",
    "thread-credentials",
    "names-of-bytes",
    "seccomp-kinds",
    "no-room-for-data",
  ])
    itComesBack(name, name);
  itComesBack("a detached tree survives the end of its first parent", "parent-death-signal");
});

describeDumped(
  "segments that threads have in the GDT are restored",
  () => itComesBack("thread-areas", "thread-areas"),
  no32BitCalls,
);

describeDumped(
  "what CRIU cannot save or restore",
  () => {
    for (const name of [
      "pending-trap",
      "found-fifo",
      "memfd-program",
      "no-address-space",
      "signal-limit",
      "alarm-timerfds",
    ])
      itComesBack(`comes back: ${name}`, name, { compiler: ["-static"] });
  },
  undefined,
  ["Restage"],
);
