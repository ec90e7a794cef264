import { type Inventions, image, testPlan } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { fileValidation } from "../../src/files/file-validation/restore.ts";
import { onHost, task } from "./support.ts";

const file = { name: "/bin/tool", size: 1000n, mode: 0o100755 };
const found = onHost("/bin/tool", 1000n, 0o100755);
/** The build-id 01020304 05 in the image: whole words. */
const buildId = { ...file, build_id: [0x04030201, 0x05] };

function findings(reg: object, host: Inventions, options: object = {}, images: Parameters<typeof image>[] = []) {
  return testPlan(fileValidation(), {
    task,
    files: [{ id: 3, reg }],
    host,
    options,
    images: images.map((args) => image(...args)),
  });
}

/** A 64-bit ELF file with notes: one of another kind, then the build-id. */
function program(id: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x464c457f, true);
  bytes[4] = 2;
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 4, true);
  view.setBigUint64(64 + 8, 128n, true);
  view.setBigUint64(64 + 32, 64n, true);
  const note = (at: number, type: number, size: number) => {
    view.setUint32(at, 4, true);
    view.setUint32(at + 4, size, true);
    view.setUint32(at + 8, type, true);
  };
  note(128, 1, 6);
  note(128 + 12 + 4 + 8, 3, id.length);
  bytes.set(id, 128 + 24 + 16);
  return bytes;
}

describe("fileValidation", () => {
  it("finds nothing when a file is what it was", async () => {
    expect(await findings(file, found)).toEqual([]);
  });

  it("refuses a file that is missing, and says how to go on without it", async () => {
    const [finding] = await findings(file, { files: { "/bin/tool": "missing" } });
    expect(finding).toMatchObject({ severity: "refused", what: "file /bin/tool", why: "it does not exist" });
    expect(finding?.hint).toContain("put it back");
  });

  it("refuses another size or mode, with both", async () => {
    const [size] = await findings(file, onHost("/bin/tool", 999n, 0o100755));
    expect(size?.why).toBe("its size is 999 bytes, but was 1000 at the checkpoint");
    const [mode] = await findings(file, onHost("/bin/tool", 1000n, 0o100644));
    expect(mode?.why).toBe("its mode is 0100644, but was 0100755 at the checkpoint");
    expect(mode?.hint).toContain("--skip-file-rwx-check");
  });

  it("accepts other permissions when it is told to, but no other type", async () => {
    const options = { skipFileRwxCheck: true };
    expect(await findings(file, onHost("/bin/tool", 1000n, 0o100644), options)).toEqual([]);
    expect(await findings(file, onHost("/bin/tool", 1000n, 0o40755), options)).toHaveLength(1);
  });

  it("tells another build from the same by its build-id", async () => {
    const same = { ...found, bytes: { "/bin/tool": program([1, 2, 3, 4, 5]) } };
    const other = { ...found, bytes: { "/bin/tool": program([1, 2, 3, 4, 6]) } };
    expect(await findings(buildId, same)).toEqual([]);
    const [finding] = await findings(buildId, other);
    expect(finding?.why).toContain("build-id 0102030406, but had 0102030405000000");
    expect(finding?.hint).toContain("--file-validation filesize");
    expect(await findings(buildId, other, { fileValidation: "filesize" })).toEqual([]);
  });

  it("refuses what has no build-id any more, also when it is damaged", async () => {
    for (const bytes of [new Uint8Array(10), program([]), program([1, 2, 3, 4, 5]).subarray(0, 100)]) {
      const [finding] = await findings(buildId, { ...found, bytes: { "/bin/tool": bytes } });
      expect(finding?.why).toContain("it has no build-id");
    }
  });

  it("does not look for what has yet to come: files of tasks in /proc, deleted files", async () => {
    const missing: Inventions = { files: { "/proc/7/status": "missing", "/proc/8/status": "missing" } };
    expect(await findings({ name: "/proc/7/status" }, missing)).toEqual([]);
    expect(await findings({ name: "/proc/8/status" }, missing)).toHaveLength(1);
    const remap = { orig_id: 3, remap_id: 8, remap_type: 2 };
    expect(await findings({ name: "/proc/8/status" }, missing, {}, [["remap_fpath", [remap]]])).toEqual([]);
  });
});
