import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeEntries, encodeEntries, fdTypes } from "@restage/images";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CHECKPOINT, cleanUp, PID, place } from "../../examples/counter/place.ts";
import { end } from "../support/end.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";
import { privateDirectory } from "../support/temporary-directory.ts";

/** How much remains of a truncated image. */
const PARTS = [0, 0.3, 0.6, 0.99];

describeUnless(noRoot, "the command, when the restore fails", () => {
  let directory = "";
  let before: readonly string[] = [];

  beforeEach(() => {
    place();
    directory = privateDirectory("failing");
    before = survey();
  });
  afterEach(async () => {
    await end(PID);
    cleanUp();
  });

  /** Copies the checkpoint, so that a test can damage it. */
  function copy(): string {
    const images = join(directory, "images");
    cpSync(CHECKPOINT, images, { recursive: true });
    return images;
  }

  it.each(["core", "mm", "pagemap", "pages", "files", "pstree", "inventory", "fs"])(
    "exits with 1 and names the image when %s is truncated",
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

  it("exits with 1 and names the refused file of an edited image", async () => {
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

  it("exits with 1 and names every missing file, with a hint", async () => {
    rmSync("/tmp/restage-fixtures/counter", { recursive: true });
    const { status, stderr } = restage(["restore", "-d", "-D", CHECKPOINT]);
    expect(status).toBe(1);
    expect(stderr).toContain("file /tmp/restage-fixtures/counter: it does not exist");
    expect(stderr).toContain("file /tmp/restage-fixtures/counter/log: it does not exist");
    expect(stderr).toContain("hint: ");
    place();
    await expectNothingLeft(before);
  });

  it("reports the failure as a line of JSON with --json", async () => {
    const images = copy();
    truncateSync(join(images, "pages-1.img"), 4096);
    const { status, stdout, stderr } = restage(["restore", "-d", "--json", "-D", images]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({ error: { code: "ERR_IMAGE" } });
    await expectNothingLeft(before);
  });

  it("exits with 2 when an option is unknown", () => {
    const { status, stderr } = restage(["restore", "--no-such-option"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--no-such-option");
  });

  it("inspects with a configuration whose plugins need duties of defaults and are ordered before them", () => {
    const plugin = `{ name: "x", needs: ["time-namespace"],
      apply({ plan }) { plan.tap({ name: "x", before: "time-namespace" }, () => {}); } }`;
    writeFileSync(join(directory, "restore.config.ts"), `export default { plugins: [${plugin}] };`);
    const { status, stderr } = restage(["inspect", "-D", CHECKPOINT], directory);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("exits with 3 when the tasks are already running, and says so", async () => {
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
