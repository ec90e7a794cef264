import { type EntryKindName, type EntryToEncode, encodeEntries } from "@restage/images";
import { expect, it } from "vitest";
import { imageInfo, imageToJson, jsonToImage } from "../src/crit/image.ts";
import { type JsonObject, parseJson, printJson } from "../src/crit/json.ts";

const fown = { uid: 0, euid: 0, signum: 0, pid_type: 0, pid: 0 };
const times = { so_snd_tmo_sec: 0n, so_snd_tmo_usec: 0n, so_rcv_tmo_sec: 0n, so_rcv_tmo_usec: 0n };
const opts = { so_sndbuf: 1, so_rcvbuf: 1, ...times };
const FOWN = '"fown": {"uid": 0, "euid": 0, "signum": 0, "pid_type": 0, "pid": 0}';
const TIMES = '"so_snd_tmo_sec": 0, "so_snd_tmo_usec": 0, "so_rcv_tmo_sec": 0, "so_rcv_tmo_usec": 0';
const OPTS = `"opts": {"so_sndbuf": 1, "so_rcvbuf": 1, ${TIMES}}`;

/** An image, and what CRIU's crit prints for it: for programs, and on one line for people. */
interface Case<K extends EntryKindName> {
  readonly kind: K;
  readonly entries: readonly EntryToEncode<K>[];
  readonly plain: string;
  readonly pretty: string;
}

function image<K extends EntryKindName>(
  kind: K,
  entries: readonly EntryToEncode<K>[],
  plain: string,
  pretty: string,
): Case<K> {
  return { kind, entries, plain, pretty };
}

const CASES = [
  image(
    "reg_files",
    [{ value: { id: 4, flags: 0o2102001, pos: 18446744073709551615n, fown, name: "/tmp/ü" } }],
    `{"id": 4, "flags": 558081, "pos": 18446744073709551615, ${FOWN}, "name": "/tmp/\\u00fc"}`,
    `{"id": 4, "flags": "O_WRONLY | O_APPEND | O_LARGEFILE | O_CLOEXEC", "pos": 18446744073709551615, ${FOWN}, "name": "/tmp/\\u00fc"}`,
  ),
  image(
    "pagemap",
    [{ value: { pages_id: 1 } }, { value: { vaddr: 0x7ffffffde000n, nr_pages: 3n, flags: 5, compat_nr_pages: 3 } }],
    '{"pages_id": 1}, {"vaddr": 140737488216064, "compat_nr_pages": 3, "flags": 5, "nr_pages": 3}',
    '{"pages_id": 1}, {"vaddr": "0x7ffffffde000", "compat_nr_pages": 3, "flags": "PE_PARENT | PE_PRESENT", "nr_pages": 3}',
  ),
  image(
    "unixsk",
    [
      {
        value: {
          ...{ id: 1, ino: 2, type: 1, state: 7, flags: 2, uflags: 0, backlog: 0, peer: 3, fown, opts },
          name: new TextEncoder().encode("\0name=é "),
        },
      },
    ],
    `{"id": 1, "ino": 2, "type": 1, "state": 7, "flags": 2, "uflags": 0, "backlog": 0, "peer": 3, ${FOWN}, ${OPTS}, "name": "=00name=3D=C3=A9=20"}`,
    `{"id": 1, "ino": 2, "type": "STREAM", "state": "CLOSE", "flags": "0x2", "uflags": "0x0", "backlog": 0, "peer": 3, ${FOWN}, ${OPTS}, "name": "=00name=3D=C3=A9=20"}`,
  ),
  image(
    "inetsk",
    [
      {
        value: {
          ...{
            id: 1,
            ino: 2,
            family: 10,
            type: 1,
            proto: 6,
            state: 10,
            src_port: 80,
            dst_port: 0,
            flags: 2,
            backlog: 5,
          },
          ...{ src_addr: [0, 0, 0, 0x01000000], dst_addr: [0x0100007f], fown, opts, shutdown: 1 },
        },
      },
    ],
    `{"id": 1, "ino": 2, "family": 10, "type": 1, "proto": 6, "state": 10, "src_port": 80, "dst_port": 0, "flags": 2, "backlog": 5, "src_addr": [0, 0, 0, 16777216], "dst_addr": [16777343], ${FOWN}, ${OPTS}, "shutdown": "READ"}`,
    `{"id": 1, "ino": 2, "family": "INET6", "type": "STREAM", "proto": "TCP", "state": "LISTEN", "src_port": 80, "dst_port": 0, "flags": "0x2", "backlog": 5, "src_addr": ["::1"], "dst_addr": ["127.0.0.1"], ${FOWN}, ${OPTS}, "shutdown": "READ"}`,
  ),
  image(
    "pipes_data",
    [{ value: { pipe_id: 7, bytes: 60 }, extra: new Uint8Array(60).fill(97) }],
    `{"pipe_id": 7, "bytes": 60, "extra": "${"YWFh".repeat(19)}\\nYWFh\\n"}`,
    `{"pipe_id": 7, "bytes": 60, "extra": "${"YWFh".repeat(19)}\\nYWFh\\n"}`,
  ),
] as const;

it.each(CASES)(
  "crit writes $kind images like CRIU's crit, and reads both forms back",
  ({ kind, entries, plain, pretty }) => {
    const bytes = encodeEntries(kind, entries as never);
    const text = (entries: string) => `{"magic": "${kind.toUpperCase()}", "entries": [${entries}]}`;
    for (const [expected, options] of [
      [plain, {}],
      [pretty, { pretty: true }],
    ] as const) {
      const printed = printJson(imageToJson(bytes, options));
      expect(printed).toBe(text(expected));
      expect(Buffer.from(jsonToImage(parseJson(printed) as JsonObject))).toEqual(Buffer.from(bytes));
    }
  },
);

it("crit counts entries and leaves out payloads", () => {
  const bytes = encodeEntries("pipes_data", [{ value: { pipe_id: 7, bytes: 2048 }, extra: new Uint8Array(2048) }]);
  expect(imageInfo(bytes)).toEqual({ magic: "PIPES_DATA", count: 1 });
  expect(imageToJson(bytes, { nopl: true })).toMatchObject({ entries: [{ extra: "... <2KB>" }] });
});

it("crit prints like Python, with indentation for people", () => {
  expect(printJson({ a: [], b: {}, c: [1, { d: "é\u007f" }], e: 2n ** 63n }, 4)).toBe(
    '{\n    "a": [],\n    "b": {},\n    "c": [\n        1,\n        {\n            "d": "\\u00e9\\u007f"\n        }\n    ],\n    "e": 9223372036854775808\n}',
  );
});

it("crit refuses what is not an image, and fields that a message does not have", () => {
  expect(() => imageToJson(new Uint8Array(4096))).toThrow("Unknown magic 0x0");
  expect(() => jsonToImage({ magic: "FIFO", entries: [{ id: 1, colour: 2 }] })).toThrow(
    "fifo_entry has no field colour",
  );
});
