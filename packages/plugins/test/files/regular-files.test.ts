import { testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { regularFiles } from "../../src/files/regular-file/restore.ts";
import { openers, task } from "./support.ts";

const O_RDWR = 2;
const O_CREAT = 0o100;
const O_APPEND = 0o2000;
const O_ASYNC = 0o20000;
const O_DIRECTORY = 0o200000;
const O_PATH = 0o10000000;
const O_TMPFILE = 0o20200000;

function opening(reg: { readonly flags: number; readonly pos?: bigint; readonly mode?: number }) {
  const files = [{ id: 3, reg: { name: "/file", ...reg } }];
  return testPlugin(regularFiles(), { with: openers, stage: "RESTORE", task, files });
}

describe("regularFiles", () => {
  it("opens a file with its flags, but does not make it again, and goes to its position", async () => {
    expect(await opening({ flags: O_RDWR | O_APPEND | O_CREAT, pos: 5n << 30n })).toEqual([
      '7 RESTORE regular-files: $1 = openat(AT_FDCWD, "/file", O_RDWR|O_APPEND, 00)',
      "7 RESTORE regular-files: lseek($1, 5368709120, SEEK_SET) expects 5368709120",
    ]);
  });

  it("leaves the position of O_PATH and of what has none alone", async () => {
    expect(await opening({ flags: O_PATH, pos: 5n })).toHaveLength(1);
    expect(await opening({ flags: 0, pos: 0xffff_ffff_ffff_ffffn })).toHaveLength(1);
  });

  it("keeps O_DIRECTORY, of which O_TMPFILE has the bit too", async () => {
    expect((await opening({ flags: O_DIRECTORY }))[0]).toContain('"/file", O_DIRECTORY, 00)');
    expect((await opening({ flags: O_TMPFILE | O_RDWR }))[0]).toContain('"/file", O_RDWR, 00)');
  });

  it("opens only regular files with O_ASYNC, which others get when their owner is known", async () => {
    expect(await opening({ flags: O_ASYNC, mode: 0o20600 })).toEqual([
      '7 RESTORE regular-files: openat(AT_FDCWD, "/file", O_RDONLY, 00)',
    ]);
    expect((await opening({ flags: O_ASYNC, mode: 0o100600 }))[0]).toContain('"/file", O_ASYNC, 00)');
  });
});
