import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readText } from "../src/host/procfs.ts";
import { needing, temporaryDirectory } from "./support.ts";

const isLinux = process.platform === "linux";

describe.skipIf(!isLinux)(needing(isLinux, "a file of /proc", "Linux"), () => {
  it("is read after one of several MiB", () => {
    const large = join(temporaryDirectory(), "large");
    writeFileSync(large, "x".repeat(5 * 1024 * 1024));
    expect(readText(large)).toHaveLength(5 * 1024 * 1024);
    expect(readText("/proc/sys/kernel/ostype")).toBe("Linux");
  });
});
