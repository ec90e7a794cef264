import { describe, expect, it } from "vitest";
import * as abi from "../src/abi/mod.ts";

describe("waitStatus", () => {
  it.each([
    [0, { kind: "exited", code: 0 }],
    [0x2a00, { kind: "exited", code: 42 }],
    [9, { kind: "killed", signal: 9, core: false }],
    [0x8b, { kind: "killed", signal: 11, core: true }],
    [0x057f, { kind: "stopped", signal: 5, event: 0 }],
    [0x80057f, { kind: "stopped", signal: 5, event: abi.PTRACE_EVENT_STOP }],
  ])("splits 0x%s", (status, parts) => {
    expect(abi.waitStatus(status)).toEqual(parts);
  });
});

describe("names of numbers", () => {
  it("name errors, signals and calls, and keep numbers that have none", () => {
    expect(abi.errnoName(2)).toBe("ENOENT");
    expect(abi.errnoText(2)).toMatch(/^ENOENT \(.+\)$/);
    expect(abi.errnoName(4000)).toContain("4000");
    expect(abi.signalName(17)).toBe("SIGCHLD");
    expect(abi.signalName(34)).toBe("SIGRT34");
    expect(abi.syscallName(39)).toBe("getpid");
    expect(abi.syscallName(9999)).toBeUndefined();
  });

  it("find capabilities in a set", () => {
    expect(abi.hasCapability(1n << 21n, "CAP_SYS_ADMIN")).toBe(true);
    expect(abi.hasCapability(1n << 20n, "CAP_SYS_ADMIN")).toBe(false);
  });
});
