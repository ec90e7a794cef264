import { testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { fs } from "../../src/files/fs/restore.ts";
import { regularFiles } from "../../src/files/regular-file/restore.ts";

describe("fs", () => {
  const run = (root: string) => {
    const files = [
      { id: 3, reg: { name: "/srv/app" } },
      { id: 4, reg: { name: root } },
    ];
    return testPlugin(fs(), {
      with: [regularFiles()],
      files,
      task: { pid: 7, fs: { cwd_id: 3, root_id: 4, umask: 0o27 } },
    });
  };

  it("changes directories and umask", async () => {
    expect(await run("/")).toEqual(['7 RESTORE fs: chdir("/srv/app")', "7 RESTORE fs: umask(027)"]);
  });

  it("changes the root after the working directory, whose path is seen from the old one", async () => {
    expect(await run("/jail")).toEqual([
      '7 RESTORE fs: chdir("/srv/app")',
      '7 RESTORE fs: chroot("/jail")',
      "7 RESTORE fs: umask(027)",
    ]);
  });
});
