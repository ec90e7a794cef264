import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { decodeImage, decodeToJson, encodeImage, openImageDirectory, readInventory, readPagemap } from "../src/mod.ts";

const root =
  process.env["RESTAGE_FIXTURES"] ??
  join(dirname(fileURLToPath(import.meta.url)), "../../../../shared/fixtures/images");
const absent = !existsSync(root);
if (absent) console.warn(`skipped: real images (none found at ${root})`);

const directories = absent ? [] : readdirSync(root).filter((name) => existsSync(join(root, name, "inventory.img")));

describe("real images", () => {
  it.skipIf(absent)("are found", () => {
    expect(directories.length).toBeGreaterThan(20);
  });

  it.each(directories)("%s has no unknown fields, and encoding gives the same bytes", (name) => {
    for (const file of readdirSync(join(root, name))) {
      const bytes = new Uint8Array(readFileSync(join(root, name, file)));
      const image = decodeImage(file, bytes);
      expect(image.unknown, file).toEqual([]);
      const encoded = encodeImage(image);
      expect(Buffer.compare(encoded, bytes), `${name}/${file}`).toBe(0);
      if (image.kind !== "pages") expect(() => JSON.stringify(decodeToJson(file, bytes))).not.toThrow();
    }
  });

  it.each(directories)("%s has an inventory, and pagemaps that match their pages images", (name) => {
    const source = openImageDirectory(join(root, name));
    expect(readInventory(source).img_version).toBe(2);
    for (const file of source.list().filter((file) => file.startsWith("pagemap-"))) {
      const pagemap = readPagemap(source, file)!;
      const bytes = pagemap.runs.reduce((sum, run) => sum + (run.offset === undefined ? 0 : run.pages * 4096), 0);
      expect(bytes, file).toBe(source.size(pagemap.pagesFile) ?? 0);
    }
  });
});
