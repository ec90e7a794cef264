import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isInstalled, runProgram } from "../src/host/run-program.ts";

describe("isInstalled", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "restage-programs-"));
    vi.stubEnv("PATH", `/nowhere:${directory}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });

  function place(name: string, mode: number): void {
    writeFileSync(join(directory, name), "#!/bin/sh\necho here\n");
    chmodSync(join(directory, name), mode);
  }

  it("finds what runProgram would start", () => {
    place("program", 0o755);
    expect(isInstalled("program")).toBe(true);
    expect(runProgram("program", []).output).toBe("here\n");
  });

  it("finds no missing programs and no files that cannot be executed", () => {
    place("text", 0o644);
    for (const name of ["text", "missing"]) {
      expect(isInstalled(name), name).toBe(false);
      expect(runProgram(name, []).status, name).toBeUndefined();
    }
  });
});
