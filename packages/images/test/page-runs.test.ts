import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ImageSource, Pagemap } from "../src/mod.ts";
import {
  decodeEntries,
  decodeImage,
  encodeEntries,
  encodeImage,
  openImageDirectory,
  readPagemap,
  unknownFields,
} from "../src/mod.ts";
import { chainOfDumps, expectImageError, pagemap, temporaryDirectory } from "./support.ts";

const PARENT = 1;
const LAZY = 2;
const PRESENT = 4;
const pages = (count: number): Uint8Array => new Uint8Array(count * 4096);

function summary(source: ImageSource, found: Pagemap): unknown[] {
  const names = [source, source.parent(), source.parent()?.parent()].map((dump) => dump?.directory());
  return found.runs.map((run) => [
    `0x${run.address.toString(16)}`,
    run.pages,
    run.flags,
    names.indexOf(run.source.directory()),
    run.offset,
  ]);
}

describe("readPagemap()", () => {
  it("counts only runs with data towards offsets", () => {
    const source = chainOfDumps({
      "pagemap-5.img": pagemap(
        { vaddr: 0x1000n, nr_pages: 2n, flags: PRESENT },
        { vaddr: 0x3000n, nr_pages: 1n, flags: LAZY },
        { vaddr: 0x4000n, nr_pages: 0n, flags: PRESENT },
        { vaddr: 0x8000n, nr_pages: 3n, flags: PRESENT | LAZY },
        { vaddr: 0xfffffffffffff000n, nr_pages: 1n },
      ),
      "pages-1.img": pages(6),
    });
    const found = readPagemap(source, "pagemap-5.img")!;
    expect(found.pagesFile).toBe("pages-1.img");
    expect(summary(source, found)).toEqual([
      ["0x1000", 2, PRESENT, 0, 0],
      ["0x3000", 1, LAZY, 0, undefined],
      ["0x8000", 3, PRESENT | LAZY, 0, 8192],
      ["0xfffffffffffff000", 1, PRESENT, 0, 20480],
    ]);
  });

  it("uses the old fields if the new ones are absent", () => {
    const source = chainOfDumps(
      { "pagemap-5.img": pagemap({ vaddr: 0x1000n, nr_pages: 4n, flags: PRESENT }), "pages-1.img": pages(4) },
      {
        "pagemap-5.img": encodeEntries("pagemap", [
          { value: { pages_id: 1 } },
          { value: { vaddr: 0x1000n, compat_nr_pages: 2 } },
          { value: { vaddr: 0x3000n, compat_nr_pages: 1, in_parent: true } },
          { value: { vaddr: 0x4000n, compat_nr_pages: 1, in_parent: false } },
        ]),
        "pages-1.img": pages(3),
      },
    );
    expect(summary(source, readPagemap(source, "pagemap-5.img")!)).toEqual([
      ["0x1000", 2, PRESENT, 0, 0],
      ["0x3000", 1, PARENT, 1, 8192],
      ["0x4000", 1, PRESENT, 0, 8192],
    ]);
  });

  it("splits runs whose data is in several ancestors", () => {
    const source = chainOfDumps(
      { "pagemap-5.img": pagemap({ vaddr: 0x1000n, nr_pages: 8n, flags: PRESENT }), "pages-1.img": pages(8) },
      {
        "pagemap-5.img": pagemap(
          { vaddr: 0x1000n, nr_pages: 2n, flags: PRESENT },
          { vaddr: 0x3000n, nr_pages: 3n, flags: PARENT },
          { vaddr: 0x6000n, nr_pages: 2n, flags: PRESENT },
        ),
        "pages-1.img": pages(4),
      },
      {
        "pagemap-5.img": pagemap(
          { vaddr: 0x2000n, nr_pages: 5n, flags: PARENT | LAZY },
          { vaddr: 0x7000n, nr_pages: 1n, flags: PRESENT },
        ),
        "pages-1.img": pages(1),
      },
    );
    expect(summary(source, readPagemap(source, "pagemap-5.img")!)).toEqual([
      ["0x2000", 1, PARENT | LAZY, 1, 4096],
      ["0x3000", 3, PARENT | LAZY, 2, 8192],
      ["0x6000", 1, PARENT | LAZY, 1, 8192],
      ["0x7000", 1, PRESENT, 0, 0],
    ]);
  });

  it("reads shared memory, and returns undefined if there is no image", () => {
    const source = chainOfDumps({
      "pagemap-shmem-9.img": pagemap({ vaddr: 0n, nr_pages: 1n, flags: PRESENT }),
      "pages-1.img": pages(1),
    });
    expect(readPagemap(source, "pagemap-shmem-9.img")!.runs.length).toBe(1);
    expect(readPagemap(source, "pagemap-8.img")).toBeUndefined();
    expectImageError("ERR_IMAGE_KIND", () => readPagemap(source, "pages-1.img"));
  });

  it("accepts another page size", () => {
    const source = chainOfDumps({
      "pagemap-5.img": pagemap(
        { vaddr: 0x10000n, nr_pages: 2n, flags: PRESENT },
        { vaddr: 0x40000n, nr_pages: 1n, flags: PRESENT },
      ),
      "pages-1.img": pages(48),
    });
    expect(readPagemap(source, "pagemap-5.img", { pageSize: 65536 })!.runs[1]!.offset).toBe(131072);
  });

  it("names both files if pages are missing", () => {
    const files = { "pagemap-5.img": pagemap({ vaddr: 0x1000n, nr_pages: 2n, flags: PRESENT }) };
    const short = expectImageError("ERR_IMAGE_PAGEMAP", () =>
      readPagemap(chainOfDumps({ ...files, "pages-1.img": pages(2).subarray(1) }), "pagemap-5.img"),
    );
    expect(short.message).toContain("pagemap-5.img: expected 8192 bytes in pages-1.img, found 8191");
    const none = expectImageError("ERR_IMAGE_PAGEMAP", () => readPagemap(chainOfDumps(files), "pagemap-5.img"));
    expect(none.message).toContain("found no such file");
  });

  it("detects a pagemap that is cut off between two runs", () => {
    const whole = pagemap(
      { vaddr: 0x1000n, nr_pages: 2n, flags: PRESENT },
      { vaddr: 0x8000n, nr_pages: 1n, flags: PRESENT },
    );
    const cut = pagemap({ vaddr: 0x1000n, nr_pages: 2n, flags: PRESENT });
    expect(whole.subarray(0, cut.length)).toEqual(cut);
    for (const [image, size] of [
      [cut, 8192],
      [pagemap(), 0],
    ] as const) {
      const error = expectImageError("ERR_IMAGE_PAGEMAP", () =>
        readPagemap(chainOfDumps({ "pagemap-5.img": image, "pages-1.img": pages(3) }), "pagemap-5.img"),
      );
      expect(error.message).toContain(`expected ${size} bytes in pages-1.img, found 12288`);
    }
  });

  it("refuses runs that are unordered, unaligned or outside the address space", () => {
    const bad = [
      pagemap({ vaddr: 0x3000n, nr_pages: 1n }, { vaddr: 0x1000n, nr_pages: 1n }),
      pagemap({ vaddr: 0x1000n, nr_pages: 2n }, { vaddr: 0x2000n, nr_pages: 1n }),
      pagemap({ vaddr: 0x1000n, nr_pages: 1n }, { vaddr: 0x1000n, nr_pages: 1n }),
      pagemap({ vaddr: 0x1001n, nr_pages: 1n }),
      pagemap({ vaddr: 0xfffffffffffff000n, nr_pages: 2n }),
      pagemap({ vaddr: 0x1000n, nr_pages: 0xffffffffffffffffn }),
      pagemap({ vaddr: 0x1000n, nr_pages: 1n << 52n }),
    ];
    for (const image of bad) {
      const { message } = expectImageError("ERR_IMAGE_PAGEMAP", () =>
        readPagemap(chainOfDumps({ "pagemap-5.img": image, "pages-1.img": pages(9) }), "pagemap-5.img"),
      );
      expect(message).not.toContain("bytes in pages-1.img");
    }
    expectImageError("ERR_IMAGE_ENTRIES", () =>
      readPagemap(chainOfDumps({ "pagemap-5.img": encodeEntries("pagemap", []) }), "pagemap-5.img"),
    );
  });

  it("refuses runs that are missing in the parent", () => {
    const child = { "pagemap-5.img": pagemap({ vaddr: 0x2000n, nr_pages: 3n, flags: PARENT }) };
    const parent = (image: Uint8Array, count = 3): ImageSource =>
      chainOfDumps({ "pagemap-5.img": image, "pages-1.img": pages(count) }, child);
    const missing = (source: ImageSource): string =>
      expectImageError("ERR_IMAGE_PAGEMAP", () => readPagemap(source, "pagemap-5.img")).message;
    expect(missing(chainOfDumps(child))).toContain("has no parent");
    expect(missing(chainOfDumps({}, child))).toContain("has no such file");
    expect(missing(parent(pagemap({ vaddr: 0x3000n, nr_pages: 3n, flags: PRESENT })))).toContain(
      "page 0x2000 is in the parent dump",
    );
    expect(missing(parent(pagemap({ vaddr: 0x1000n, nr_pages: 3n, flags: PRESENT })))).toContain(
      "page 0x4000 is in the parent dump",
    );
    expect(
      missing(
        parent(
          pagemap({ vaddr: 0x2000n, nr_pages: 1n, flags: PRESENT }, { vaddr: 0x4000n, nr_pages: 1n, flags: PRESENT }),
          2,
        ),
      ),
    ).toContain("page 0x3000");
  });

  it("opens the parent only if a run needs it", () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "inventory.img"), encodeEntries("inventory", [{ value: { img_version: 2 } }]));
    writeFileSync(join(directory, "pagemap-5.img"), pagemap({ vaddr: 0x1000n, nr_pages: 1n, flags: LAZY }));
    writeFileSync(join(directory, "pagemap-6.img"), pagemap({ vaddr: 0x1000n, nr_pages: 1n, flags: PARENT }));
    symlinkSync("nowhere", join(directory, "parent"));
    const source = openImageDirectory(directory);
    expect(readPagemap(source, "pagemap-5.img")!.runs.length).toBe(1);
    expectImageError("ERR_IMAGE_PARENT", () => readPagemap(source, "pagemap-6.img"));
  });

  it("refuses a circular chain of parents", () => {
    const root = temporaryDirectory();
    for (const [name, parent] of [
      ["a", "../b"],
      ["b", "../a"],
      ["c", "."],
    ] as const) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, "inventory.img"), encodeEntries("inventory", [{ value: { img_version: 2 } }]));
      writeFileSync(join(root, name, "pagemap-5.img"), pagemap({ vaddr: 0x1000n, nr_pages: 1n, flags: PARENT }));
      symlinkSync(parent, join(root, name, "parent"));
    }
    for (const name of ["a", "b", "c"]) {
      expect(
        expectImageError("ERR_IMAGE_PARENT", () => readPagemap(openImageDirectory(join(root, name)), "pagemap-5.img"))
          .message,
      ).toContain("leads back");
    }
  });

  it("refuses an endless chain of parents", () => {
    let made = 0;
    const endless = (): ImageSource => {
      const name = `/dump/${made++}`;
      return {
        description: name,
        list: () => [],
        read: () => pagemap({ vaddr: 0n, nr_pages: 1n, flags: PARENT }),
        readPart: () => undefined,
        size: () => undefined,
        directory: () => name,
        parent: endless,
      };
    };
    expectImageError("ERR_IMAGE_PARENT", () => readPagemap(endless(), "pagemap-5.img"));
    expect(made).toBeLessThan(1100);
  });

  it("refuses entries with unknown fields, such as those of compressed pages", () => {
    const image = decodeImage("pagemap-5.img", pagemap({ vaddr: 0x1000n, nr_pages: 1n, flags: PRESENT }));
    const entries = decodeEntries("pagemap", encodeImage(image)).map(({ value }, i) =>
      i === 0
        ? { value }
        : { value: { ...value, [unknownFields]: [{ number: 6, wireType: 0, data: Uint8Array.of(9) }] } },
    );
    const source = chainOfDumps({ "pagemap-5.img": encodeEntries("pagemap", entries), "pages-1.img": pages(1) });
    expect(expectImageError("ERR_IMAGE_UNSUPPORTED", () => readPagemap(source, "pagemap-5.img")).message).toContain(
      "unknown fields 6",
    );
  });
});
