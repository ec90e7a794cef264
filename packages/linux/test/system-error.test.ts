import { describe, expect, it } from "vitest";
import { ERRNO } from "../src/abi/mod.ts";
import { nameOfTask, readText } from "../src/host/procfs.ts";
import { checked } from "../src/host/system-error.ts";

describe("the message of a failed call", () => {
  it("names the call and the errno", () => {
    expect(() => checked(-ERRNO.EPERM, "kcmp", "compare files")).toThrow(
      "Cannot compare files: kcmp() failed: EPERM (operation not permitted)",
    );
    expect(() => checked(-ERRNO.ESRCH, "ptrace(PTRACE_CONT)", () => "query a task")).toThrow(
      "Cannot query a task: ptrace(PTRACE_CONT) failed: ESRCH (no such process)",
    );
  });

  it.skipIf(process.platform !== "linux")("names a task with its command, also when it is gone", () => {
    const comm = readText("/proc/self/comm", "utf8");
    expect(nameOfTask(process.pid)).toBe(`task ${process.pid} (${comm})`);
    expect(nameOfTask(0x3fff_ffff)).toBe(`task ${0x3fff_ffff}`);
  });
});
