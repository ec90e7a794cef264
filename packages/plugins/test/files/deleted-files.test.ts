import { image, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { timeFromImage, timeToImage } from "../../src/files/deleted-file/format.ts";
import { deletedFiles } from "../../src/files/deleted-file/restore.ts";
import { task, withPaths } from "./support.ts";

const GHOST = 1;
const LINKED = 0;
const files = [{ id: 3, reg: { name: "/dir/file", size: 3n } }];
const ghost = { uid: 5, gid: 6, mode: 0o106640, atim: { tv_sec: 1n }, mtim: { tv_sec: 2n, tv_usec: 3n } };
const content = { content: new Uint8Array([1, 2, 3]) };

function remap(remap_id: number, remap_type?: number) {
  return image("remap_fpath", [{ orig_id: 3, remap_id, ...(remap_type === undefined ? {} : { remap_type }) }]);
}

const whole = { with: withPaths, task, files, images: [remap(9, GHOST), image("ghost_file", [ghost], 9, [content])] };

describe("deletedFiles", () => {
  it("makes a ghost under its name, and takes the name away when it has been opened", async () => {
    expect(await testPlugin(deletedFiles(), whole)).toEqual([
      'coordinator FORKING deleted-files: undo: unlinkat(AT_FDCWD, "/dir/file", 0) allows ENOENT',
      'coordinator FORKING deleted-files: mknodat(AT_FDCWD, "/dir/file", 0100600, NULL)',
      'coordinator FORKING deleted-files: openat(AT_FDCWD, "/dir/file", O_WRONLY|O_NOFOLLOW|O_CLOEXEC, 00)',
      "coordinator FORKING deleted-files: pwrite64(3, [010203], 3, 0)",
      "coordinator FORKING deleted-files: close(3)",
      'coordinator FORKING deleted-files: fchownat(AT_FDCWD, "/dir/file", 5, 6, AT_SYMLINK_NOFOLLOW)',
      'coordinator FORKING deleted-files: fchmodat(AT_FDCWD, "/dir/file", 06640)',
      'coordinator FORKING deleted-files: utimensat(AT_FDCWD, "/dir/file", [0100000000000000000000000000000002000000000000' +
        "00b80b000000000000], AT_SYMLINK_NOFOLLOW)",
      'coordinator RESTORE deleted-files: unlinkat(AT_FDCWD, "/dir/file", 0)',
      "coordinator COMPLETE deleted-files: complete()",
    ]);
  });

  it("keeps times before 1970, whose microseconds count upwards", () => {
    expect(timeToImage(-1n)).toEqual({ tv_sec: 2n ** 64n - 1n, tv_usec: 999_999n });
    expect(timeFromImage(timeToImage(-1n))).toEqual([-1n, 999_999_000n]);
  });

  it("makes the directories that are gone, and takes another name where that is taken", async () => {
    const host = {
      files: { "/dir": "missing" as const },
      failures: [{ call: "mknodat" as const, nth: 1, result: "EEXIST" as const }],
    };
    const lines = await testPlugin(deletedFiles(), { ...whole, host });
    expect(lines[1]).toContain('mkdirat(AT_FDCWD, "/dir", 0700)');
    expect(lines.filter((line) => line.includes("mknodat")).at(-1)).toContain(
      'mknodat(AT_FDCWD, "/dir/file.restage-recording-1", 0100600, NULL)',
    );
    expect(lines.slice(-3, -1)).toEqual([
      'coordinator RESTORE deleted-files: unlinkat(AT_FDCWD, "/dir/file.restage-recording-1", 0)',
      'coordinator RESTORE deleted-files: unlinkat(AT_FDCWD, "/dir", AT_REMOVEDIR)',
    ]);
  });

  it("writes chunks and leaves the rest a hole", async () => {
    const chunk = { value: { off: 4096n, len: 2n }, data: new Uint8Array([1, 2]) };
    const sparse = image("ghost_file", [{ mode: 0o100644, chunks: true, size: 9000n }], 9, [{ chunks: [chunk] }]);
    const lines = await testPlugin(deletedFiles(), {
      ...whole,
      files: [{ id: 3, reg: { name: "/dir/file" } }],
      images: [remap(9, GHOST), sparse],
    });
    expect(lines.join("\n")).toMatch(/ftruncate\(3, 9000\)\n.*pwrite64\(3, \[0102\], 2, 4096\)/);
  });

  it("links a file to the name that the dump has left, and removes that name only when all tasks run", async () => {
    const linked = [...files, { id: 4, reg: { name: "/dir/link_remap.4" } }];
    for (const images of [[remap(4, LINKED)], [remap(4)]]) {
      expect(await testPlugin(deletedFiles(), { ...whole, files: linked, images })).toEqual([
        'coordinator FORKING deleted-files: undo: unlinkat(AT_FDCWD, "/dir/file", 0) allows ENOENT',
        'coordinator FORKING deleted-files: linkat(AT_FDCWD, "/dir/link_remap.4", AT_FDCWD, "/dir/file", 0)',
        'coordinator RESTORE deleted-files: unlinkat(AT_FDCWD, "/dir/file", 0)',
        'coordinator COMPLETE deleted-files: openat(AT_FDCWD, "/dir", O_CLOEXEC|O_PATH, 00)',
        'coordinator COMPLETE deleted-files: unlinkat(3, "link_remap.4", 0)',
        "coordinator COMPLETE deleted-files: close(3)",
        "coordinator COMPLETE deleted-files: complete()",
      ]);
    }
  });

  it("refuses a ghost whose image is missing or damaged", async () => {
    const why = async (images: (typeof whole)["images"]) =>
      (await testPlan(deletedFiles(), { ...whole, images })).map((finding) => finding.why);
    expect(await why([remap(9, GHOST)])).toEqual(["the checkpoint has no ghost-file-9.img, which holds its content"]);
    const of = (entry: object, extra: object = content) => [
      remap(9, GHOST),
      image("ghost_file", [entry], 9, [extra as never]),
    ];
    expect(await why(of(ghost, { content: new Uint8Array(2) }))).toEqual([
      "its image has 2 bytes, but files.img records 3",
    ]);
    expect(await why(of({ mode: 0o100644, chunks: true }, { chunks: [] }))).toEqual([
      "its image does not record its size",
    ]);
    const beyond = { chunks: [{ value: { off: 2n, len: 2n }, data: new Uint8Array(2) }] };
    expect(await why(of({ mode: 0o100644, chunks: true, size: 3n }, beyond))).toEqual([
      "its image has content beyond its size of 3 bytes",
    ]);
    expect(await why(of({ mode: 0o20644 }))).toEqual(["its image does not name the device"]);
    expect(await why(of({ mode: 0o120777 }))).toEqual(["its image does not name the target of the link"]);
    expect(await why(of({ mode: 0o140777 }))).toEqual(["files of mode 0140777 cannot be created"]);
    expect(await why([remap(9, 77)])).toEqual(["remap-fpath.img gives it an unknown type"]);
  });

  it("refuses a link that the dump has left and somebody has removed", async () => {
    const linked = [...files, { id: 4, reg: { name: "/dir/link_remap.4" } }];
    const host = { files: { "/dir/link_remap.4": "missing" as const } };
    const [finding] = await testPlan(deletedFiles(), { ...whole, files: linked, images: [remap(4, LINKED)], host });
    expect(finding).toMatchObject({ what: "file /dir/link_remap.4", why: "it does not exist" });
  });
});
