import { describe, expect, it } from "vitest";
import type { ImageKindName } from "../src/mod.ts";
import { imageFileName, imageKindOf, imageKinds, parseImageFileName } from "../src/mod.ts";
import { expectImageError } from "./support.ts";

describe("names of image files", () => {
  it("are parsed into kind and id", () => {
    const cases = [
      ["inventory.img", "inventory", undefined],
      ["core-1234.img", "core", 1234],
      ["fdinfo-2.img", "fdinfo", 2],
      ["pagemap-7.img", "pagemap", 7],
      ["pagemap-shmem-7.img", "shmem_pagemap", 7],
      ["ghost-file-1f.img", "ghost_file", 31],
      ["tcp-stream-8a24ff.img", "tcp_stream", 0x8a24ff],
      ["tmpfs-3.tar.gz.img", "tmpfs_img", 3],
      ["tmpfs-dev-42.tar.gz.img", "tmpfs_dev", 42],
      ["netns-9.img", "netns", 9],
      ["netns-ct-9.img", "netnf_ct", 9],
      ["signal-s-5.img", "signal", 5],
      ["signal-p-5.img", "psignal", 5],
      ["stats-dump", "stats", undefined],
      ["stats-restore", "stats", undefined],
      ["irmap-cache", "irmap_cache", undefined],
      ["binfmt-misc.img", "binfmt_misc", undefined],
      ["binfmt-misc-4.img", "binfmt_misc_old", 4],
      ["memfd.img", "memfd_inode", undefined],
      ["tty.img", "tty_files", undefined],
      ["tty-info.img", "tty_info", undefined],
      ["ipcns-var-9.img", "ipc_var", 9],
      ["route6-9.img", "route6", 9],
      ["pages-1.img", "pages", 1],
      ["pipes-data.img", "pipes_data", undefined],
    ] as const;
    for (const [name, kind, id] of cases) {
      expect(imageKindOf(name), name).toBe(kind);
      expect(parseImageFileName(name)?.id, name).toBe(id);
    }
    expect(parseImageFileName("stats-dump")?.suffix).toBe("dump");
    expect(parseImageFileName("pagemap-shmem-18446744073709551615.img")).toEqual({
      kind: "shmem_pagemap",
      suffix: "18446744073709551615",
      id: undefined,
    });
  });

  it("are not recognised unless an image can have them", () => {
    const names = [
      "",
      "core",
      "core-.img",
      "core-1",
      "core-1.img.bak",
      "core-1x.img",
      "core-1f.img",
      "core--1.img",
      "ghost-file-G.img",
      "ghost-file-1F.img",
      "inventory",
      "stats-dump.img",
      "stats-",
      "dump.log",
      "parent",
      "-1.img",
      "tmpfs-3.img",
      "core-img",
      "core- 1.img",
      "toString",
      "constructor-1.img",
      "pages-1.img/..",
    ];
    for (const name of names) expect(imageKindOf(name), name).toBeUndefined();
  });

  it("are built from kind and id", () => {
    expect(imageFileName("pstree")).toBe("pstree.img");
    expect(imageFileName("core", 12)).toBe("core-12.img");
    expect(imageFileName("tcp_stream", 255)).toBe("tcp-stream-ff.img");
    expect(imageFileName("shmem_pagemap", 0xffffffffffffffffn)).toBe("pagemap-shmem-18446744073709551615.img");
    expect(imageFileName("stats", "restore")).toBe("stats-restore");
    expect(imageFileName("tmpfs_dev", 1)).toBe("tmpfs-dev-1.tar.gz.img");
    expectImageError("ERR_IMAGE_KIND", () => imageFileName("core"));
    expectImageError("ERR_IMAGE_KIND", () => imageFileName("pstree", 1));
  });

  it("of every kind are parsed back to that kind", () => {
    const seen = new Set<string>();
    for (const kind of Object.keys(imageKinds) as ImageKindName[]) {
      const name = imageKinds[kind].fileName.includes("%")
        ? imageFileName(kind, imageKinds[kind].fileName.includes("%s") ? "dump" : 10)
        : imageFileName(kind);
      expect(imageKindOf(name), name).toBe(kind);
      seen.add(name);
    }
    expect(seen.size).toBe(Object.keys(imageKinds).length);
  });
});
