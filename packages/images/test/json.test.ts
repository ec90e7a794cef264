import { describe, expect, it } from "vitest";
import { decodeImage, decodeToJson, encodeEntries, imageToJson } from "../src/mod.ts";
import { hex } from "./support.ts";

describe("decodeToJson()", () => {
  it("writes 64-bit numbers as strings, even small ones", () => {
    const bytes = encodeEntries("pagemap", [
      { value: { pages_id: 1 } },
      { value: { vaddr: 0xffffffffff600000n, compat_nr_pages: 1, nr_pages: 1n } },
    ]);
    expect(decodeToJson("pagemap-1.img", bytes)).toEqual({
      magic: "PAGEMAP",
      entries: [{ pages_id: 1 }, { vaddr: "18446744073699065856", compat_nr_pages: 1, nr_pages: "1" }],
    });
  });

  it("writes bytes as base64, or payloads as their size", () => {
    const bytes = encodeEntries("pipes_data", [{ value: { pipe_id: 1, bytes: 3 }, extra: hex("00ff10") }]);
    expect(decodeToJson("pipes-data.img", bytes)).toEqual({
      magic: "PIPES_DATA",
      entries: [{ pipe_id: 1, bytes: 3, extra: "AP8Q" }],
    });
    expect(decodeToJson("pipes-data.img", bytes, { payload: "size" })).toEqual({
      magic: "PIPES_DATA",
      entries: [{ pipe_id: 1, bytes: 3, extra: { bytes: 3 } }],
    });
    const large = new Uint8Array(100_000).map((_, i) => i * 7);
    expect(decodeToJson("pages-1.img", large)).toEqual({
      magic: "PAGES",
      payload: Buffer.from(large).toString("base64"),
    });
    expect(decodeToJson("pages-1.img", large, { payload: "size" })).toEqual({
      magic: "PAGES",
      payload: { bytes: 100_000 },
    });
  });

  it("writes nested messages, repeated fields and structured payloads", () => {
    const ids = { vm_id: 1, files_id: 2, fs_id: 3, sighand_id: 4 };
    expect(
      decodeToJson("inventory.img", encodeEntries("inventory", [{ value: { img_version: 2, root_ids: ids } }])),
    ).toEqual({
      magic: "INVENTORY",
      entries: [{ img_version: 2, root_ids: ids }],
    });
    expect(
      decodeToJson(
        "seccomp.img",
        encodeEntries("seccomp", [{ value: { seccomp_filters: [{ filter: hex("01") }] } }, { value: {} }]),
      ),
    ).toEqual({
      magic: "SECCOMP",
      entries: [{ seccomp_filters: [{ filter: "AQ==" }] }, { seccomp_filters: [] }],
    });
    const ghost = encodeEntries("ghost_file", [
      {
        value: { uid: 0, gid: 0, mode: 1, chunks: true },
        extra: { chunks: [{ value: { len: 1n, off: 5n }, data: hex("01") }] },
      },
    ]);
    expect(decodeToJson("ghost-file-1.img", ghost)).toEqual({
      magic: "GHOST_FILE",
      entries: [
        { uid: 0, gid: 0, mode: 1, chunks: true, extra: { chunks: [{ value: { len: "1", off: "5" }, data: "AQ==" }] } },
      ],
    });
  });

  it("shows unknown fields", () => {
    const image = decodeImage("seccomp.img", hex("19435654 49304164 02000000 7809"));
    expect(imageToJson(image)).toEqual({
      magic: "SECCOMP",
      entries: [{ seccomp_filters: [], $unknown: [{ number: 15, wireType: 0, data: "CQ==" }] }],
    });
  });
});
