import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeEntries, encodeEntries, fdTypes } from "@restage/images";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CHECKPOINT, cleanUp, PID, place } from "../../examples/counter/place.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { end, missing, restage } from "../support/restage.ts";

/** How much of an image is left. */
const PARTS = [0, 0.3, 0.6, 0.99];

describe.skipIf(missing !== undefined)("the command that fails to restore", () => {
  let directory = "";
  let before: readonly string[] = [];

  beforeEach(async () => {
    place();
    directory = mkdtempSync(join(tmpdir(), "restage-failing-"));
    before = survey();
  });
  afterEach(async () => {
    await end(PID);
    rmSync(directory, { recursive: true, force: true });
    cleanUp();
  });

  /** A copy of the checkpoint, to be damaged. */
  function copy(): string {
    const images = join(directory, "images");
    cpSync(CHECKPOINT, images, { recursive: true });
    return images;
  }

  it.each(["core", "mm", "pagemap", "pages", "files", "pstree", "inventory", "fs"])(
    "ends with 1 and names the image when %s is cut off",
    async (kind) => {
      const images = copy();
      const name = readdirSync(images).find((file) => file.startsWith(kind)) ?? "";
      const size = statSync(join(images, name)).size;
      for (const part of PARTS.toReversed()) {
        truncateSync(join(images, name), Math.floor(size * part));
        const { status, stdout, stderr } = restage(["restore", "-d", "-D", images]);
        expect({ status, stdout }, stderr).toEqual({ status: 1, stdout: "" });
        expect(stderr).toMatch(/^ERR_IMAGE: /);
        expect(stderr).toContain(name);
      }
      await expectNothingLeft(before);
    },
  );

  it("ends with 1 and names what an edited image asks for", async () => {
    const images = copy();
    const path = join(images, "files.img");
    const files = decodeEntries("files", readFileSync(path), "files.img");
    const edited = files.map((entry) => {
      const isLog = entry.value.reg?.name.endsWith("/log") === true;
      return isLog
        ? {
            value: {
              id: entry.value.id,
              type: fdTypes.TUNF,
              tunf: { id: entry.value.id, flags: 2, fown: entry.value.reg!.fown, netdev: "tun0" },
            },
          }
        : entry;
    });
    writeFileSync(path, encodeEntries("files", edited));
    const { status, stderr } = restage(["restore", "-d", "-D", images]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ *ERR_REFUSED: descriptor 3: .*TUNF/m);
    expect(stderr).toContain(`task ${PID}`);
    await expectNothingLeft(before);
  });

  it("ends with 1 and names all files that are missing, with a hint", async () => {
    rmSync("/tmp/restage-fixtures/counter", { recursive: true });
    const { status, stderr } = restage(["restore", "-d", "-D", CHECKPOINT]);
    expect(status).toBe(1);
    expect(stderr).toContain("file /tmp/restage-fixtures/counter: it is not there");
    expect(stderr).toContain("file /tmp/restage-fixtures/counter/log: it is not there");
    expect(stderr).toContain("hint: ");
    place();
    await expectNothingLeft(before);
  });

  it("says the same as one line of JSON, for programs", async () => {
    const images = copy();
    truncateSync(join(images, "pages-1.img"), 4096);
    const { status, stdout, stderr } = restage(["restore", "-d", "--json", "-D", images]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({ error: { code: "ERR_IMAGE" } });
    await expectNothingLeft(before);
  });

  it("ends with 2 when it is told what there is not", () => {
    const { status, stderr } = restage(["restore", "--no-such-option"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--no-such-option");
  });

  it("ends with 3 when tasks run already, and says so", async () => {
    const failing = `import { defineConfig, definePlugin } from "@restage/core";
export default defineConfig({ plugins: [definePlugin({
  name: "late",
  apply({ complete }) { complete.tap("late", () => { throw new Error("too late"); }); },
})] });`;
    writeFileSync(join(directory, "restore.config.ts"), failing);
    const { status, stderr } = restage(["restore", "-d", "-D", CHECKPOINT], directory);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^ERR_COMPLETE: All tasks run, .*too late/);
    expect(survey()).toContainEqual(expect.stringMatching(`^task ${PID} /tmp/restage-fixtures/fixture `));
  });
});
