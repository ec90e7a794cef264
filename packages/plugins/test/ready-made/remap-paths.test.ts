import { image, type PartialEntry, rehearse, testEntry, testPlan } from "@restage/core/testing";
import type { FileEntry } from "@restage/images";
import { describe, expect, it } from "vitest";
import { remapPaths } from "../../src/mod.ts";
import { name as bytes, unixSocket } from "../sockets/support.ts";

const plugin = () => remapPaths({ "/old": "/new", "/old/log": "/var/records", "/tmp/one.txt": "/tmp/two.txt" });

describe("remapPaths", () => {
  it.each([
    ["/old", "/new"],
    ["/old/data/file", "/new/data/file"],
    ["/old/log", "/var/records"],
    ["/old/log/app.log", "/var/records/app.log"],
    ["/older/file", "/older/file"],
    ["/tmp/one.txt", "/tmp/two.txt"],
    ["/tmp/one.txt.bak", "/tmp/one.txt.bak"],
  ])("moves files: %s to %s", (from, to) => {
    expect(testEntry(plugin(), "reg_files", { name: from }).name).toBe(to);
  });

  it("moves mount points, but not the root", () => {
    expect(testEntry(plugin(), "mnts", { mountpoint: "/old/data", root: "/old" })).toMatchObject({
      mountpoint: "/new/data",
      root: "/old",
    });
    expect(testEntry(plugin(), "mnts", { mountpoint: "/" }).mountpoint).toBe("/");
  });

  it.each([
    [{ name: bytes("/old/sock\0") }, { name: bytes("/new/sock\0") }],
    [{ name: bytes("/old/sock") }, { name: bytes("/new/sock") }],
    [
      { name: bytes("sock\0"), name_dir: "/old/run" },
      { name: bytes("sock\0"), name_dir: "/new/run" },
    ],
    [{ name: bytes("log/sock\0"), name_dir: "/old" }, { name: bytes("/var/records/sock\0") }],
    [{ name: bytes("\0/old/sock") }, { name: bytes("\0/old/sock") }],
    [
      { name: bytes("sock"), name_dir: "/other" },
      { name: bytes("sock"), name_dir: "/other" },
    ],
    [{}, {}],
  ])("moves Unix sockets with paths: %j", (given, expected) => {
    const { name, name_dir } = testEntry(plugin(), "unixsk", unixSocket(5, given));
    expect({ name, name_dir }).toEqual({ name: new Uint8Array(), name_dir: undefined, ...expected });
  });

  it("moves what inotify and fanotify watch, and where deleted links lead", () => {
    const watched = { wd: [{ f_handle: { path: "/old/x" } }, { f_handle: {} }] };
    expect(testEntry(plugin(), "inotify_file", watched).wd.map(({ f_handle }) => f_handle.path)).toEqual([
      "/new/x",
      undefined,
    ]);
    const marks = { mark: [{ ie: { f_handle: { path: "/old/x" } } }, { me: { path: "old/log" } }, { me: {} }] };
    const { mark } = testEntry(plugin(), "fanotify_file", marks);
    expect(mark.map(({ ie, me }) => ie?.f_handle.path ?? me?.path)).toEqual(["/new/x", "var/records", undefined]);
    expect(testEntry(plugin(), "ghost_file", { symlnk_target: "/old/x" }).symlnk_target).toBe("/new/x");
  });

  it("moves every file of files.img, and refuses paths that nothing has", async () => {
    const files: PartialEntry<FileEntry>[] = [
      { id: 3, reg: { name: "/old/log/app.log" } },
      { id: 4, usk: unixSocket(5, { name: bytes("/old/sock\0") }) },
    ];
    const { plan } = await rehearse({ plugins: [plugin()], task: { pid: 7 }, files });
    expect(plan?.images.files.get(3)?.reg?.name).toBe("/var/records/app.log");
    expect(plan?.findings).toMatchObject([
      { severity: "refused", what: "/tmp/one.txt", why: "no path of the checkpoint begins with it" },
    ]);
    const accepting = remapPaths({ "/none": "/new" }, { ifMissing: "accept" });
    expect(await testPlan(accepting, { task: { pid: 7 }, images: [image("utsns", [], 1)] })).toEqual([]);
  });

  it("names what is not an absolute path", () => {
    expect(() => remapPaths({ "relative/path": "/new" })).toThrow(
      "expected a path that is absolute and has no . or ..",
    );
    expect(() => remapPaths({ "/old": "new" })).toThrow("Cannot remap new: expected a new path that is absolute");
    expect(() => remapPaths({ "/old/../x": "/new" })).toThrow("has no . or ..");
    expect(() => remapPaths({ "/": "/new" })).toThrow("the root directory cannot move");
  });
});
