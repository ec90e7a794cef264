import { readFileSync, writeFileSync } from "node:fs";
import { beforeEach } from "vitest";

/** Checkpoints of fixtures and examples have pids in this range, except its start: a test can start thousands of processes. */
const FIRST = 15_000;
const LAST = 32_000;

/** The last pid that the kernel gave. Writing it requires CAP_CHECKPOINT_RESTORE. Source: proc_sys_kernel(5). */
const LAST_PID = "/proc/sys/kernel/ns_last_pid";

/** Before each test: the next processes of this machine get pids that no checkpoint needs. */
beforeEach(() => {
  try {
    const last = Number(readFileSync(LAST_PID, "utf8"));
    if (last > FIRST && last < LAST) writeFileSync(LAST_PID, String(LAST));
  } catch {
    // Without the right to do so, a test can meet a taken pid, and says so.
  }
});
