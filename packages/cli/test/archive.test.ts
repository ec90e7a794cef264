import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { packTar, type TarHeader } from "modern-tar";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compressor } from "../src/archive/compression.ts";
import { assertPackable, packArchive } from "../src/archive/pack-archive.ts";
import { unpackArchive } from "../src/archive/unpack-archive.ts";
import { inspectCommand } from "../src/commands/inspect.ts";
import { removeFetchedDirectories } from "../src/fleet/fetched-directories.ts";
import { smallCheckpoint } from "../src/init/checkpoint.ts";
import { createSettings } from "../src/options/settings.ts";
import { printed } from "./printed.ts";

/** Whether this runtime has zstd: Node 20 does not. */
const hasZstd = (() => {
  try {
    compressor("zstd")?.destroy();
    return true;
  } catch {
    return false;
  }
})();

let place: string;
let images: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "restage-archive-test-"));
  images = join(place, "images");
  mkdirSync(images);
  for (const [name, bytes] of smallCheckpoint()) writeFileSync(join(images, name), bytes);
});
afterEach(() => {
  removeFetchedDirectories();
  rmSync(place, { recursive: true, force: true });
});

function contentsOf(directory: string): Readonly<Record<string, string>> {
  const names = readdirSync(directory).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name)).toString("base64")]));
}

/** Writes an archive with one more entry than the checkpoint needs. */
async function archiveWith(header: TarHeader, body = ""): Promise<string> {
  const file = join(place, "odd.tar");
  const inventory = { header: { name: "inventory.img", size: 1 }, body: "i" };
  writeFileSync(file, await packTar([inventory, { header, body }]));
  return file;
}

describe("archives of checkpoints", () => {
  it.each(["one.tar", "one.tar.gz", "one.tgz", ...(hasZstd ? ["one.tar.zst"] : [])])(
    "%s has the images, and nobody else can read it or what it is unpacked to",
    async (name) => {
      writeFileSync(join(images, "dump.log"), "no image");
      const file = join(place, name);
      const size = await packArchive(images, file);
      expect(statSync(file)).toMatchObject({ size });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const unpacked = await unpackArchive(file);
      rmSync(join(images, "dump.log"));
      expect(contentsOf(unpacked)).toEqual(contentsOf(images));
      expect(statSync(unpacked).mode & 0o777).toBe(0o700);
      expect(statSync(join(unpacked, "inventory.img")).mode & 0o777).toBe(0o600);
      expect(readdirSync(place).sort()).toEqual([name, "images"].sort());
      removeFetchedDirectories();
      expect(existsSync(unpacked)).toBe(false);
    },
  );

  it.skipIf(hasZstd)("says that this runtime has no zstd, before anything is written", () => {
    expect(() => assertPackable(join(place, "one.tar.zst"))).toThrow(
      "This runtime cannot read or write zstd (it is Node",
    );
  });

  it("can be made by tar, and have the layout of podman's exports", async () => {
    const exported = join(place, "export");
    mkdirSync(join(exported, "checkpoint"), { recursive: true });
    execFileSync("cp", ["-r", `${images}/.`, join(exported, "checkpoint")]);
    for (const name of ["config.dump", "spec.dump", "rootfs-diff.tar"]) writeFileSync(join(exported, name), "{}");
    const file = join(place, "podman.tar.gz");
    execFileSync("tar", ["-czf", file, "-C", exported, "."]);
    const unpacked = await unpackArchive(file);
    expect(basename(unpacked)).toBe("checkpoint");
    expect(readdirSync(dirname(unpacked))).toEqual(["checkpoint"]);
    expect(contentsOf(unpacked)).toEqual(contentsOf(images));
  });

  it("are accepted where a directory of images is", async () => {
    const file = join(place, "one.tar.gz");
    await packArchive(images, file);
    const settings = { ...createSettings(), noConfig: true, restore: { images: file } };
    const { out } = await printed(() => inspectCommand(settings, undefined));
    expect(out).toContain("/tmp/counter.log");
  });

  it.each<readonly [string, TarHeader, string]>([
    ["a name that leads out of it", { name: "../../core-1.img", size: 0 }, "leads out of it"],
    ["an absolute name", { name: "/tmp/core-1.img", size: 0 }, "leads out of it"],
    [
      "a symbolic link in place of an image",
      { name: "core-1.img", size: 0, type: "symlink", linkname: "/etc/passwd" },
      "core-1.img is not a regular file",
    ],
    ["a hard link", { name: "core-1.img", size: 0, type: "link", linkname: "inventory.img" }, "is not a regular file"],
    [
      "a link to an earlier checkpoint",
      { name: "parent", size: 0, type: "symlink", linkname: "../one" },
      "incremental",
    ],
    ["a name twice", { name: "./inventory.img", size: 0 }, "it has inventory.img twice"],
    ["several checkpoints", { name: "other/inventory.img", size: 0 }, "several checkpoints: ., other"],
  ])("are refused with %s", async (_what, header, why) => {
    const file = await archiveWith(header);
    await expect(unpackArchive(file)).rejects.toMatchObject({
      code: "ERR_IMAGE",
      message: expect.stringContaining(why),
    });
  });

  it.each(["one.tar", "one.tar.gz"])("are refused when they are cut off: %s", async (name) => {
    const file = join(place, name);
    await packArchive(images, file);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - 1500));
    await expect(unpackArchive(file)).rejects.toMatchObject({ code: "ERR_IMAGE" });
  });

  it("are refused without a checkpoint", async () => {
    rmSync(join(images, "inventory.img"));
    const file = join(place, "one.tar");
    await packArchive(images, file);
    await expect(unpackArchive(file)).rejects.toThrow("it has no inventory.img");
  });

  it("are not written over a file, into a missing directory, or under a name that does not say what they are", async () => {
    writeFileSync(join(place, "there.tar"), "");
    expect(() => assertPackable(join(place, "there.tar"))).toThrow("it exists");
    expect(() => assertPackable(join(place, "missing", "one.tar"))).toThrow("ENOENT");
    expect(() => assertPackable(join(place, "one.zip"))).toThrow("its name has no known extension");
    expect(() => assertPackable(join(place, "one.tar"))).not.toThrow();
  });
});
