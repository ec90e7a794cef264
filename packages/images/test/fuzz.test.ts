import { describe, expect, it } from "vitest";
import type { EntryKindName, ImageKindName } from "../src/mod.ts";
import {
  decodeImage,
  decodeToJson,
  encodeEntries,
  encodeImage,
  type Image,
  ImageError,
  imageFileName,
  imageKinds,
} from "../src/mod.ts";
import { hex } from "./support.ts";

/** A pseudorandom number generator with a fixed seed, so that failures can be reproduced. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const desc = { key: 1, uid: 2, gid: 3, cuid: 4, cgid: 5, mode: 6, id: 7 };
const seeds: readonly (readonly [string, Uint8Array])[] = [
  ["pstree.img", encodeEntries("pstree", [{ value: { pid: 1, ppid: 0, pgid: 1, sid: 1, threads: [1, 2] } }])],
  [
    "core-1.img",
    encodeEntries("core", [
      {
        value: {
          mtype: 1,
          ids: { vm_id: 1, files_id: 2, fs_id: 3, sighand_id: 4 },
          tc: { task_state: 1, exit_code: 0, personality: 0, flags: 0, blk_sigset: 1n << 63n, comm: "fuzz" },
        },
      },
    ]),
  ],
  [
    "tcp-stream-1.img",
    encodeEntries("tcp_stream", [
      {
        value: { inq_len: 2, inq_seq: 1, outq_len: 3, outq_seq: 2, opt_mask: 0, snd_wscale: 0, mss_clamp: 1460 },
        extra: { inq: hex("0102"), outq: hex("030405") },
      },
    ]),
  ],
  [
    "ipcns-msg-9.img",
    encodeEntries("ipcns_msg", [
      { value: { desc, qbytes: 9, qnum: 1 }, extra: [{ value: { mtype: 5n, msize: 3 }, data: hex("616263") }] },
    ]),
  ],
  ["ipcns-sem-9.img", encodeEntries("ipcns_sem", [{ value: { desc, nsems: 3 }, extra: { values: [1, 2, 3] } }])],
  [
    "ghost-file-b.img",
    encodeEntries("ghost_file", [
      {
        value: { uid: 0, gid: 0, mode: 0, chunks: true },
        extra: { chunks: [{ value: { len: 2n, off: 0n }, data: hex("0102") }] },
      },
    ]),
  ],
  [
    "cgroup.img",
    encodeEntries("cgroup", [
      {
        value: {
          controllers: [
            {
              cnames: ["cpu"],
              dirs: [{ dir_name: "a", children: [{ dir_name: "b", children: [], properties: [] }], properties: [] }],
            },
          ],
        },
      },
    ]),
  ],
];

/** Decodes damaged bytes. Fails unless the result is an ImageError or an image that survives encoding. Returns whether it is an image. */
function isAccepted(name: string, bytes: Uint8Array): boolean {
  let image: Image;
  try {
    image = decodeImage(name, bytes);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return false;
  }
  const encoded = encodeImage(image);
  expect(decodeToJson(name, encoded)).toEqual(decodeToJson(name, bytes));
  return true;
}

describe("damaged images", () => {
  it("are refused with an ImageError or decode to an image that encodes", () => {
    const random = numbers(20_240_229);
    let accepted = 0;
    let refused = 0;
    for (let round = 0; round < 6000; round++) {
      const [name, seed] = seeds[round % seeds.length]!;
      const bytes = seed.slice();
      for (let changes = 1 + random(3); changes > 0; changes--) bytes[8 + random(bytes.length - 8)] = random(256);
      if (isAccepted(name, bytes.subarray(0, random(4) === 0 ? random(bytes.length) : bytes.length))) accepted++;
      else refused++;
    }
    expect(accepted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });

  it("of every kind are refused with an ImageError or decode to an image that encodes", () => {
    const random = numbers(7);
    const rounds = 30;
    let accepted = 0;
    const neverRefused: string[] = [];
    for (const kind of Object.keys(imageKinds) as ImageKindName[]) {
      const { fileName, message } = imageKinds[kind];
      if (message === undefined) continue;
      const name = fileName.includes("%") ? imageFileName(kind, fileName.includes("%s") ? "dump" : 1) : fileName;
      const head = encodeEntries(kind as EntryKindName, []);
      let refused = 0;
      for (let round = 0; round < rounds; round++) {
        const body = Uint8Array.from({ length: random(40) }, () => (random(3) === 0 ? random(8) << 3 : random(256)));
        if (isAccepted(name, Uint8Array.of(...head, body.length, 0, 0, 0, ...body))) accepted++;
        else refused++;
      }
      if (refused === 0) neverRefused.push(kind);
    }
    expect(accepted).toBeGreaterThan(10);
    expect(neverRefused).toEqual([]);
  });
});
