import { chmodSync, chownSync, closeSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { itUnless, noRoot } from "../../../test/support/requirements.ts";
import { privateDirectory, temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { openOwnFile, writeOwnFile } from "../src/own-file.ts";

describe("openOwnFile()", () => {
  it("creates a file that only its owner can read, whatever the umask is", () => {
    const path = join(temporaryDirectory("own"), "log");
    const umask = process.umask(0);
    try {
      closeSync(openOwnFile(path));
    } finally {
      process.umask(umask);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("replaces the content of a file, or appends to it", () => {
    const path = join(temporaryDirectory("own"), "log");
    writeFileSync(path, "an older and longer log");
    writeOwnFile(path, "new");
    writeOwnFile(path, "er", "append");
    expect(readFileSync(path, "utf8")).toBe("newer");
  });

  it("does not follow a symbolic link in a directory where others can write", () => {
    const directory = temporaryDirectory("own");
    chmodSync(directory, 0o777);
    writeFileSync(join(directory, "target"), "precious");
    symlinkSync("target", join(directory, "log"));
    expect(() => openOwnFile(join(directory, "log"))).toThrow(/^Cannot write .*log: ELOOP/);
    expect(readFileSync(join(directory, "target"), "utf8")).toBe("precious");
  });

  it("follows a link that only the caller and root can change, and writes to devices", () => {
    const directory = privateDirectory("own");
    writeFileSync(join(directory, "target"), "old");
    symlinkSync("target", join(directory, "log"));
    writeOwnFile(join(directory, "log"), "new");
    expect(readFileSync(join(directory, "target"), "utf8")).toBe("new");
    writeOwnFile("/dev/null", "nothing");
  });

  it("does not overwrite a file that has another name", () => {
    const directory = temporaryDirectory("own");
    writeFileSync(join(directory, "target"), "precious");
    linkSync(join(directory, "target"), join(directory, "log"));
    expect(() => openOwnFile(join(directory, "log"))).toThrow("it has other names");
    expect(readFileSync(join(directory, "target"), "utf8")).toBe("precious");
  });

  itUnless(noRoot, "does not write to a file of another user", () => {
    const path = join(temporaryDirectory("own"), "log");
    writeFileSync(path, "theirs");
    chownSync(path, 65534, 65534);
    expect(() => openOwnFile(path)).toThrow("it belongs to user 65534");
    expect(readFileSync(path, "utf8")).toBe("theirs");
  });
});
