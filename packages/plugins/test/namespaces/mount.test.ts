import { testDump } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { externalResource } from "../../src/namespaces/external-resources.ts";
import { mountNamespaces } from "../../src/namespaces/mount/dump.ts";
import { fileSystemNumber, fileSystemType, isDeletedRoot, pathOfRoot } from "../../src/namespaces/mount/format.ts";
import { userNamespace } from "../../src/namespaces/user/dump.ts";
import { OWN_ID, treeWithOwn } from "./support.ts";

const ROOT = "20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw";

describe("an external resource", () => {
  it.each([
    [["mnt[/data]:/srv"], "/srv"],
    [["mnt[/data]:a:b"], "a:b"],
    [["mnt[/data]"], ""],
    [["mnt[/data]x:/srv", "net[/data]:/srv"], undefined],
  ])("of %j is %j", (external, name) => {
    expect(externalResource(external, "mnt", "/data")).toBe(name);
  });
});

describe("a mount namespace", () => {
  const save = async (mounts: readonly string[], external: readonly string[] = []) => {
    const proc = { mountinfo: [ROOT, ...mounts].join("\n"), uid_map: "0 1000 10", gid_map: "0 1000 10" };
    const tree = treeWithOwn(["mnt"], { proc }, { inodes: { "/proc/7/root/dev/shm": { dev: 9n } }, outputs: "" });
    return testDump(mountNamespaces(), { ...tree, options: { external }, with: [...tree.with, userNamespace()] });
  };

  it("is saved with the newest mount first, and owners of options as the tree knows them", async () => {
    const shm = "31 20 0:9 / /dev/shm rw,nosuid shared:3 master:4 - tmpfs my\\040shm ro,uid=1002,size=4k";
    const { entries, error } = await save([shm]);
    expect(error?.describe()).toBeUndefined();
    const [first, last] = entries("mnts", OWN_ID).map(({ value }) => value);
    expect(first).toMatchObject({
      fstype: fileSystemNumber("tmpfs"),
      mnt_id: 31,
      parent_mnt_id: 20,
      root_dev: 9,
      mountpoint: "/dev/shm",
      source: "my shm",
      options: "uid=2,size=4k",
      shared_id: 3,
      master_id: 4,
      sb_flags: 1,
    });
    expect(last).toMatchObject({ mountpoint: "/", mnt_id: 20 });
  });

  it.each([
    ["a file system from outside", "31 20 8:2 / /data rw - ext4 /dev/sdb1 rw", /\(ext4, \/dev\/sdb1\) is outside/],
    ["a part of a file system", "31 20 0:9 /part /data rw - tmpfs none rw", /no mount that shows all of it/],
    ["a deleted source", "31 20 8:1 /gone//deleted /data rw - ext4 /dev/sda1 rw", /has been deleted/],
  ])("with %s is refused, unless the user names the mount", async (_what, mount, why) => {
    const { findings } = await save([mount]);
    expect(findings).toMatchObject([
      {
        severity: "refused",
        what: "mount /data",
        why: expect.stringMatching(why),
        hint: "if it comes from outside, name it: --external mnt[/data]:NAME",
      },
    ]);
    const named = await save([mount], ["mnt[/data]:disk"]);
    expect(named.error?.describe()).toBeUndefined();
    expect(named.entries("mnts", OWN_ID)[0]?.value).toMatchObject({ ext_key: "disk" });
  });

  it("with a tmpfs that another mount hides is refused, if a copy of the namespace does not show it either", async () => {
    const { findings } = await save(["31 20 0:9 / /tmp rw - tmpfs none rw"]);
    expect(findings).toMatchObject([
      { severity: "refused", what: "mount /tmp", why: expect.stringContaining("hides its content") },
    ]);
  });
});

describe("the format of mounts", () => {
  it("has a number for each type of file system, and back", () => {
    for (const type of ["proc", "tmpfs", "sysfs", "overlay"])
      expect(fileSystemType({ fstype: fileSystemNumber(type) ?? 0 })).toBe(type);
    expect(fileSystemNumber("ext4")).toBeUndefined();
  });

  it("knows the kernel's mark of deleted roots", () => {
    expect([isDeletedRoot("/a//deleted"), pathOfRoot("/a//deleted")]).toEqual([true, "/a"]);
    expect([isDeletedRoot("/a/deleted"), pathOfRoot("/a/deleted")]).toEqual([false, "/a/deleted"]);
  });
});
