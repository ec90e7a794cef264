import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  encodeEntries,
  openImageDirectory,
  readEntries,
  readImage,
  readInventory,
  readSingleEntry,
} from "../src/mod.ts";
import { chainOfDumps, expectImageError, hex, temporaryDirectory } from "./support.ts";

const inventory = (value: { img_version: number; fdinfo_per_id?: boolean }): Uint8Array =>
  encodeEntries("inventory", [{ value }]);

describe("openImageDirectory()", () => {
  it("says why a directory cannot be opened", () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, "file"), "");
    symlinkSync("loop", join(root, "loop"));
    const message = (path: string): string =>
      expectImageError("ERR_IMAGE_DIRECTORY", () => openImageDirectory(path)).message;
    expect(message(join(root, "none"))).toContain("no such directory");
    expect(message(join(root, "file"))).toContain("not a directory");
    expect(message(join(root, "file", "x"))).toContain("not a directory");
    expect(message(join(root, "loop"))).toContain("too many symbolic links");
    expect(message(root)).toContain("no inventory.img");
  });

  it("lists files, reports their sizes and reads them", () => {
    const source = chainOfDumps({}, { "pstree.img": encodeEntries("pstree", []), "pages-1.img": hex("00ff") });
    mkdirSync(join(source.directory(), "folder"));
    expect(source.list()).toEqual(["inventory.img", "pages-1.img", "pstree.img"]);
    expect(source.size("pages-1.img")).toBe(2);
    expect([...source.read("pages-1.img")!]).toEqual([0, 255]);
    expect(source.read("core-1.img")).toBeUndefined();
    expect(source.size("core-1.img")).toBeUndefined();
    expectImageError("ERR_IMAGE_READ", () => source.read("folder"));
    expectImageError("ERR_IMAGE_READ", () => source.size("folder"));
    for (const name of ["../x", "a/b", "", ".", "..", "a\0"])
      expectImageError("ERR_IMAGE_KIND", () => source.read(name));
  });

  it("refuses to read a huge file into memory", () => {
    const source = chainOfDumps({ "ghost-file-1.img": hex("00") });
    // A sparse file, which takes no space on disk.
    truncateSync(join(source.directory(), "ghost-file-1.img"), 1024 ** 3 + 1);
    expectImageError("ERR_IMAGE_LIMIT", () => source.read("ghost-file-1.img"));
    expect(source.size("ghost-file-1.img")).toBe(1024 ** 3 + 1);
  });

  it("opens the parent dump once", () => {
    const source = chainOfDumps({ "pages-1.img": hex("01") }, {});
    expect([...source.parent()!.read("pages-1.img")!]).toEqual([1]);
    expect(source.parent()!.parent()).toBeUndefined();
    expect(source.parent()).toBe(source.parent());
  });
});

describe("reading from a source", () => {
  it("reads part of a file, which ends where the file ends", () => {
    const source = chainOfDumps({ "pages-1.img": Uint8Array.of(1, 2, 3, 4, 5) });
    expect(source.readPart("pages-1.img", 1, 2)).toEqual(Uint8Array.of(2, 3));
    expect(source.readPart("pages-1.img", 3, 9)).toEqual(Uint8Array.of(4, 5));
    expect(source.readPart("pages-1.img", 9, 9)).toEqual(new Uint8Array());
    expect(source.readPart("pages-2.img", 0, 1)).toBeUndefined();
  });

  it("treats a missing image as an image without entries", () => {
    const source = chainOfDumps({
      "pstree.img": encodeEntries("pstree", [{ value: { pid: 1, ppid: 0, pgid: 1, sid: 1 } }]),
    });
    expect(readEntries(source, "pstree").map(({ value }) => value.pid)).toEqual([1]);
    expect(readEntries(source, "files")).toEqual([]);
    expect(readEntries(source, "fdinfo", 2)).toEqual([]);
    expect(readImage(source, "files.img")).toBeUndefined();
    expect(readImage(source, "pstree.img")?.kind).toBe("pstree");
    expect(readSingleEntry(source, "pstree")?.value.sid).toBe(1);
    expect(readSingleEntry(source, "mm", 1)).toBeUndefined();
  });

  it("refuses an image without entries if one is required", () => {
    expectImageError("ERR_IMAGE_ENTRIES", () =>
      readSingleEntry(chainOfDumps({ "pstree.img": encodeEntries("pstree", []) }), "pstree"),
    );
  });
});

describe("readInventory()", () => {
  it("accepts the layouts V1 and V1.1", () => {
    for (const img_version of [1, 2]) {
      expect(
        readInventory(chainOfDumps({ "inventory.img": inventory({ img_version, fdinfo_per_id: true }) })).img_version,
      ).toBe(img_version);
    }
  });

  it("refuses other layouts, and a checkpoint without an inventory", () => {
    for (const value of [
      { img_version: 0, fdinfo_per_id: true },
      { img_version: 3, fdinfo_per_id: true },
      { img_version: 2 },
      { img_version: 2, fdinfo_per_id: false },
    ]) {
      expectImageError("ERR_IMAGE_UNSUPPORTED", () =>
        readInventory(chainOfDumps({ "inventory.img": inventory(value) })),
      );
    }
    const empty = {
      description: "memory",
      list: () => [],
      read: () => undefined,
      readPart: () => undefined,
      size: () => undefined,
      directory: () => "/",
      parent: () => undefined,
    };
    expectImageError("ERR_IMAGE_MISSING", () => readInventory(empty));
  });
});
