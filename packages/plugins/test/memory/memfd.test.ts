import { testDump } from "@restage/core/testing";
import { O } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { memfds } from "../../src/memory/memfd/dump.ts";
import { isMemfd, nameOf } from "../../src/memory/memfd/format.ts";
import { userNamespace } from "../../src/namespaces/user/dump.ts";

const memfd = (link: string, nlink = 0) => ({ link, stat: { nlink } }) as Parameters<typeof isMemfd>[0];

describe("the format of memfds", () => {
  it.each([
    ["/memfd:cache (deleted)", "cache"],
    ["/memfd: (deleted)", ""],
    ["/memfd:odd (deleted) (deleted)", "odd (deleted)"],
    ["/dev/zero (deleted)", "/dev/zero"],
  ])("has the name of %s", (link, name) => {
    expect(isMemfd(memfd(link))).toBe(true);
    expect(nameOf(memfd(link))).toBe(name);
  });

  it("does not take other deleted files for memfds", () => {
    expect(isMemfd(memfd("/tmp/x (deleted)"))).toBe(false);
    expect(isMemfd(memfd("/memfd:x (deleted)", 1))).toBe(false);
  });
});

describe("a checkpoint", () => {
  it("saves a memfd once, however many open files it has", async () => {
    const inode = { nlink: 0, ino: 55n, size: 5000n, mode: 0o100600 };
    const open = (flags: number) => ({ link: "/memfd:cache (deleted)", flags, inode });
    const { context, entries, error } = await testDump(memfds(), {
      with: [userNamespace()],
      task: { pid: 7, descriptors: { 3: open(O.RDWR), 4: open(O.RDONLY) } },
      host: { failures: [{ call: "lseek", result: "ENXIO" }] },
    });
    expect(error?.describe()).toBeUndefined();
    const [inodeEntry, ...others] = entries("memfd_inode");
    expect(others).toEqual([]);
    expect(inodeEntry?.value).toMatchObject({ name: "cache", size: 5000n, mode: 0o100600 });
    const ids = context?.files.all.map(({ entry }) => entry?.memfd?.inode_id);
    expect(ids).toEqual([inodeEntry?.value.shmid, inodeEntry?.value.shmid]);
    // It has no content.
    expect(entries("shmem_pagemap", inodeEntry?.value.shmid)).toHaveLength(1);
  });
});
