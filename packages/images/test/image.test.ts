import { describe, expect, it } from "vitest";
import type { EntryKindName } from "../src/mod.ts";
import {
  decodeEntries,
  decodeImage,
  decodeSingleEntry,
  encodeEntries,
  encodeImage,
  IMG_COMMON_MAGIC,
  IMG_SERVICE_MAGIC,
  imageKinds,
  MAX_MESSAGE_SIZE,
} from "../src/mod.ts";
import { expectImageError, hex, toHex } from "./support.ts";

const desc = { key: 1, uid: 2, gid: 3, cuid: 4, cgid: 5, mode: 6, id: 7 };
const pstree = hex("19435654 30302750 08000000 0801 1000 1801 2001");

/** Small images of several kinds, at least one for each kind of payload. */
const samples = {
  "pstree.img": encodeEntries("pstree", [
    { value: { pid: 1, ppid: 0, pgid: 1, sid: 1, threads: [1, 2] } },
    { value: { pid: 3, ppid: 1, pgid: 1, sid: 1 } },
  ]),
  "inventory.img": encodeEntries("inventory", [
    { value: { img_version: 2, fdinfo_per_id: true, plugins_entry: { plugins: ["a"] } } },
  ]),
  "seccomp.img": encodeEntries("seccomp", [{ value: {} }]),
  "pagemap-1.img": encodeEntries("pagemap", [
    { value: { pages_id: 1 } },
    { value: { vaddr: 0x1000n, compat_nr_pages: 1, flags: 4 } },
  ]),
  "pipes-data.img": encodeEntries("pipes_data", [
    { value: { pipe_id: 1, bytes: 3, size: 65536 }, extra: hex("010203") },
    { value: { pipe_id: 2, bytes: 0 }, extra: hex("") },
  ]),
  "fifo-data.img": encodeEntries("fifo_data", [{ value: { pipe_id: 1, bytes: 1 }, extra: hex("ff") }]),
  "sk-queues.img": encodeEntries("sk_queues", [
    { value: { id_for: 1, length: 2, scm: [{ type: 1, rights: [5] }] }, extra: hex("aabb") },
  ]),
  "tcp-stream-1f.img": encodeEntries("tcp_stream", [
    {
      value: { inq_len: 2, inq_seq: 1, outq_len: 3, outq_seq: 2, opt_mask: 0, snd_wscale: 0, mss_clamp: 1460 },
      extra: { inq: hex("0102"), outq: hex("030405") },
    },
  ]),
  "bpfmap-data.img": encodeEntries("bpfmap_data", [
    {
      value: { map_id: 1, keys_bytes: 4, values_bytes: 2, count: 1 },
      extra: { keys: hex("01020304"), values: hex("0506") },
    },
  ]),
  "ipcns-sem-9.img": encodeEntries("ipcns_sem", [
    { value: { desc, nsems: 3 }, extra: { values: [1, 65535, 258] } },
    { value: { desc, nsems: 4 }, extra: { values: [1, 2, 3, 4] } },
    { value: { desc, nsems: 0 }, extra: { values: [] } },
  ]),
  "ipcns-msg-9.img": encodeEntries("ipcns_msg", [
    {
      value: { desc, qbytes: 16384, qnum: 2 },
      extra: [
        { value: { mtype: 5n, msize: 3 }, data: hex("616263") },
        { value: { mtype: 6n, msize: 8 }, data: hex("0102030405060708") },
      ],
    },
  ]),
  "ipcns-shm-9.img": encodeEntries("ipcns_shm", [
    { value: { desc, size: 5n }, extra: hex("0102030405") },
    { value: { desc, size: 4096n, in_pagemaps: true } },
    { value: { desc, size: 1n }, extra: hex("07") },
  ]),
  "ghost-file-a.img": encodeEntries("ghost_file", [
    { value: { uid: 0, gid: 0, mode: 0o100644 }, extra: { content: hex("686579") } },
  ]),
  "ghost-file-b.img": encodeEntries("ghost_file", [
    {
      value: { uid: 0, gid: 0, mode: 0o100644, chunks: true, size: 9n },
      extra: {
        chunks: [
          { value: { len: 2n, off: 0n }, data: hex("0102") },
          { value: { len: 1n, off: 8n }, data: hex("03") },
        ],
      },
    },
  ]),
  "stats-dump": encodeEntries("stats", [
    { value: { restore: { pages_compared: 1n, pages_skipped_cow: 2n, forking_time: 3, restore_time: 4 } } },
  ]),
  "irmap-cache": encodeEntries("irmap_cache", [{ value: { dev: 1, inode: 2n, path: "/x" } }]),
} as const;

/** The offsets at which an image may end without being damaged: after the header, and before each entry. */
function boundaries(name: string, bytes: Uint8Array): number[] {
  const ends: number[] = [name === "inventory.img" ? 4 : 8];
  const whole = decodeImage(name, bytes);
  for (const entry of whole.entries) ends.push(("offset" in entry && entry.offset) || 0);
  return ends;
}

describe("images", () => {
  it("have the same layout as CRIU's", () => {
    expect(toHex(encodeEntries("pstree", [{ value: { pid: 1, ppid: 0, pgid: 1, sid: 1 } }]))).toBe(toHex(pstree));
    expect(toHex(encodeEntries("inventory", [{ value: { img_version: 2 } }]))).toBe("16313158" + "02000000" + "0802");
    expect(toHex(samples["seccomp.img"])).toBe("19435654" + "49304164" + "00000000");
    expect(toHex(samples["stats-dump"]).slice(0, 16)).toBe("40591055" + "06330957");
    expect(toHex(samples["tcp-stream-1f.img"]).slice(-10)).toBe("0102030405");
    expect(toHex(samples["ipcns-shm-9.img"])).toContain("0102030405000000");
    expect(toHex(samples["ghost-file-b.img"]).slice(-38)).toBe(
      "04000000" + "08021000" + "0102" + "04000000" + "08011008" + "03",
    );
    const sem = toHex(samples["ipcns-sem-9.img"]);
    expect(sem).toContain("0100" + "ffff" + "0201" + "0000");
    expect(sem).toContain("0100020003000400");
    expect(toHex(samples["ipcns-msg-9.img"])).toContain(
      "04000000" + "0805" + "1003" + "6162630000000000" + "04000000" + "0806" + "1008" + "0102030405060708",
    );
  });

  it.each(Object.keys(samples) as (keyof typeof samples)[])("%s: encoding gives the decoded bytes again", (name) => {
    const image = decodeImage(name, samples[name]);
    expect(image.entries.length).toBeGreaterThan(0);
    expect(toHex(encodeImage(image))).toBe(toHex(samples[name]));
  });

  it.each(Object.keys(samples) as (keyof typeof samples)[])(
    "%s: truncation is an error or removes whole entries",
    (name) => {
      const bytes = samples[name];
      const legal = new Set(boundaries(name, bytes));
      // Nothing records the length of a ghost file, so its last chunks, or the end of its only chunk, may be missing.
      const lenient = name.startsWith("ghost-file");
      for (let length = 0; length < bytes.length; length++) {
        const cut = bytes.slice(0, length);
        if (legal.has(length)) {
          expect(() => decodeImage(name, cut), `${length}`).not.toThrow();
        } else if (!lenient) {
          expectImageError("ERR_IMAGE_TRUNCATED", () => decodeImage(name, cut));
        } else {
          try {
            decodeImage(name, cut);
          } catch {
            expectImageError("ERR_IMAGE_TRUNCATED", () => decodeImage(name, cut));
          }
        }
      }
    },
  );

  it("record the offsets of entries and payloads", () => {
    const bytes = samples["pipes-data.img"];
    const [first, second] = decodeEntries("pipes_data", bytes);
    expect(toHex(bytes.subarray(first!.extraOffset!, first!.extraOffset! + 3))).toBe("010203");
    expect(first!.offset).toBe(8);
    expect(second!.offset).toBe(first!.extraOffset! + 3);
  });

  it("do not copy payloads", () => {
    const bytes = samples["tcp-stream-1f.img"];
    expect(decodeSingleEntry("tcp_stream", bytes).extra.inq.buffer).toBe(bytes.buffer);
  });

  it("keep nonzero padding", () => {
    const sem = samples["ipcns-sem-9.img"].slice();
    const at = toHex(sem).indexOf("0100ffff02010000") / 2;
    sem[at + 7] = 0x5a;
    expect(toHex(encodeImage(decodeImage("ipcns-sem-9.img", sem)))).toBe(toHex(sem));
    const msg = samples["ipcns-msg-9.img"].slice();
    msg[toHex(msg).indexOf("6162630000000000") / 2 + 5] = 0x77;
    expect(toHex(encodeImage(decodeImage("ipcns-msg-9.img", msg)))).toBe(toHex(msg));
  });

  it("of layout V1 have one magic word, and keep that layout", () => {
    const old = hex("30302750 08000000 0801 1000 1801 2001");
    const image = decodeImage("pstree.img", old);
    expect(image.magic).toEqual([imageKinds.pstree.magic]);
    expect(toHex(encodeImage(image))).toBe(toHex(old));
    expect(decodeImage("pstree.img", pstree).magic).toEqual([IMG_COMMON_MAGIC, imageKinds.pstree.magic]);
    expect(decodeImage("stats-dump", samples["stats-dump"]).magic[0]).toBe(IMG_SERVICE_MAGIC);
  });

  it("with a wrong magic word are refused", () => {
    const error = expectImageError("ERR_IMAGE_MAGIC", () => decodeImage("core-1.img", pstree));
    expect(error.message).toContain("expected magic 0x55053847, found 0x50273030");
    expect([error.file, error.offset]).toEqual(["core-1.img", 4]);
    expectImageError("ERR_IMAGE_MAGIC", () => decodeImage("pstree.img", hex("01020304")));
    // A common image with a service name, the reverse, and an inventory with two words.
    expectImageError("ERR_IMAGE_MAGIC", () => decodeImage("stats-dump", hex("19435654 06330957")));
    expectImageError("ERR_IMAGE_MAGIC", () => decodeImage("pstree.img", hex("40591055 30302750")));
    expectImageError("ERR_IMAGE_MAGIC", () => decodeImage("inventory.img", hex("19435654 16313158 02000000 0802")));
    expectImageError("ERR_IMAGE_TRUNCATED", () => decodeImage("pstree.img", hex("")));
  });

  it("without entries are accepted", () => {
    expect(decodeImage("pstree.img", pstree.subarray(0, 8)).entries).toEqual([]);
  });

  it("with a message that exceeds the file are refused with file, entry and offset", () => {
    const bytes = hex("19435654 30302750 08000000 0801 1000 1801 2001 00010000 0801");
    const error = expectImageError("ERR_IMAGE_TRUNCATED", () => decodeImage("pstree.img", bytes));
    expect([error.file, error.entry, error.offset]).toEqual(["pstree.img", 1, 20]);
    expect(error.message).toBe(
      "Cannot read pstree_entry: expected 256 bytes, found 2 (pstree.img, entry 1, offset 20)",
    );
    expectImageError("ERR_IMAGE_TRUNCATED", () => decodeImage("pstree.img", hex("19435654 30302750 ffffffff 0801")));
  });

  it("with an incomplete message are refused with file, entry, offset and field", () => {
    const error = expectImageError("ERR_IMAGE_FIELD", () =>
      decodeImage("pstree.img", hex("19435654 30302750 06000000 0801 1000 1801")),
    );
    expect(error.message).toBe(
      "Cannot decode pstree_entry.sid: this required field is missing (pstree.img, entry 0, offset 12)",
    );
  });

  it("with a huge message are refused", () => {
    const bytes = new Uint8Array(12 + MAX_MESSAGE_SIZE + 1);
    bytes.set(pstree.subarray(0, 8));
    new DataView(bytes.buffer).setUint32(8, MAX_MESSAGE_SIZE + 1, true);
    expectImageError("ERR_IMAGE_LIMIT", () => decodeImage("pstree.img", bytes));
  });

  it("with a payload that is shorter than its entry says are refused", () => {
    const huge = encodeEntries("ipcns_shm", [{ value: { desc, size: 0xffffffffffffffffn, in_pagemaps: true } }]);
    const at = toHex(huge).indexOf("1801");
    const damaged = huge.slice();
    damaged[at / 2 + 1] = 0;
    expectImageError("ERR_IMAGE_TRUNCATED", () => decodeImage("ipcns-shm-9.img", damaged));
    const queue = encodeEntries("ipcns_msg", [{ value: { desc, qbytes: 1, qnum: 0 }, extra: [] }]);
    const many = hex(toHex(queue).replace(/1800$/, "1801"));
    expectImageError("ERR_IMAGE_TRUNCATED", () => decodeImage("ipcns-msg-9.img", many));
    const sparse = hex(toHex(samples["ghost-file-b.img"]).replace("0802100001", "087f100001"));
    expectImageError("ERR_IMAGE_TRUNCATED", () => decodeImage("ghost-file-b.img", sparse));
  });

  it("are not written if a payload does not match its entry", () => {
    const data = hex("0102");
    const bad: readonly [EntryKindName, unknown, unknown][] = [
      ["pipes_data", { pipe_id: 1, bytes: 3 }, data],
      ["pipes_data", { pipe_id: 1, bytes: 0 }, undefined],
      ["sk_queues", { id_for: 1, length: 1 }, data],
      [
        "tcp_stream",
        { inq_len: 2, inq_seq: 1, outq_len: 3, outq_seq: 2, opt_mask: 0, snd_wscale: 0, mss_clamp: 0 },
        { inq: data, outq: data },
      ],
      ["bpfmap_data", { map_id: 1, keys_bytes: 1, values_bytes: 2, count: 1 }, { keys: data, values: data }],
      ["ipcns_sem", { desc, nsems: 2 }, { values: [1] }],
      ["ipcns_sem", { desc, nsems: 1 }, { values: [65536] }],
      ["ipcns_msg", { desc, qbytes: 1, qnum: 2 }, []],
      ["ipcns_msg", { desc, qbytes: 1, qnum: 1 }, [{ value: { mtype: 1n, msize: 1 }, data }]],
      ["ipcns_shm", { desc, size: 3n }, data],
      ["ipcns_shm", { desc, size: 3n }, undefined],
      ["ipcns_shm", { desc, size: 2n, in_pagemaps: true }, data],
      ["ghost_file", { uid: 0, gid: 0, mode: 0, chunks: true }, { content: data }],
      ["ghost_file", { uid: 0, gid: 0, mode: 0 }, { chunks: [] }],
      ["ghost_file", { uid: 0, gid: 0, mode: 0, chunks: true }, { chunks: [{ value: { len: 1n, off: 0n }, data }] }],
    ];
    for (const [kind, value, extra] of bad) {
      const error = expectImageError("ERR_IMAGE_EXTRA", () => encodeEntries(kind, [{ value, extra }] as never));
      expect(error.entry).toBe(0);
    }
  });

  it("report unknown fields at any depth, and keep them", () => {
    // Field 30 follows the known fields. root_ids contains a field 99.
    const bytes = hex("16313158 11000000 0802 1a0b 0801 1001 1801 2001 980601 f00105".replaceAll(" ", ""));
    const fixedSize = bytes.slice();
    fixedSize[4] = bytes.length - 8;
    const image = decodeImage("inventory.img", fixedSize);
    expect(image.unknown.map((field) => [field.message, field.number, field.entry])).toEqual([
      ["task_kobj_ids_entry", 99, 0],
      ["inventory_entry", 30, 0],
    ]);
    expect(toHex(encodeImage(image))).toBe(toHex(fixedSize));
    expect(decodeImage("pstree.img", pstree).unknown).toEqual([]);
  });

  it("of a single entry must not have more or fewer", () => {
    expect(decodeSingleEntry("pstree", pstree).value.pid).toBe(1);
    expectImageError("ERR_IMAGE_ENTRIES", () => decodeSingleEntry("pstree", pstree.subarray(0, 8)));
    expectImageError("ERR_IMAGE_ENTRIES", () => decodeSingleEntry("pstree", samples["pstree.img"], "pstree.img"));
  });

  it("without header consist of their payload", () => {
    const image = decodeImage("pages-1.img", hex("0102"));
    expect(image.kind === "pages" && toHex(image.payload)).toBe("0102");
    expect(toHex(encodeImage(image))).toBe("0102");
    expect(decodeImage("route-9.img", hex("")).entries).toEqual([]);
  });

  it("are refused under a name that no image has", () => {
    expectImageError("ERR_IMAGE_KIND", () => decodeImage("notes.txt", pstree));
  });
});
