import { createRestoreHooks, ImageSet } from "@restage/core/restore";
import { checkpointInMemory, image } from "@restage/core/testing";
import { pageFlags, vmaStatus } from "@restage/images";
import { expect, it } from "vitest";
import { printSummary } from "../src/inspect/print-summary.ts";
import { summarize } from "../src/inspect/summarize.ts";
import { printViews, type View } from "../src/inspect/views.ts";

const PRESENT = pageFlags.PE_PRESENT;

const source = checkpointInMemory({
  task: {
    pid: 7,
    threads: [{ tid: 8, core: { thread_core: { comm: "worker" } } }],
    descriptors: [0, 3, 4, 5, 6].map((fd) => ({ fd, id: fd + 10 })),
    vmas: [
      { start: 0x1000n, end: 0x3000n },
      {
        start: 0x3000n,
        end: 0x5000n,
        prot: 5,
        shmid: 10n,
        status: vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_FILE_PRIVATE,
      },
      { start: 0x9000n, end: 0xa000n, status: vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_AREA_HEAP },
    ],
    children: [{ pid: 9, kind: "zombie" }],
  },
  files: [
    { id: 10, reg: { name: "/dev/null" } },
    { id: 13, pipe: { pipe_id: 77 } },
    { id: 14, usk: { ino: 5, peer: 6, name: new TextEncoder().encode("\0abstract") } },
    { id: 15, isk: { family: 2, src_addr: [0x0100007f], src_port: 80, dst_addr: [0], dst_port: 0 } },
    {
      id: 16,
      isk: { family: 10, src_addr: [0, 0, 0, 0x01000000], src_port: 80, dst_addr: [0x0db80120, 0, 0, 0], dst_port: 9 },
    },
  ],
  images: [
    image("pagemap", [{ pages_id: 1 }, { vaddr: 0x2000n, compat_nr_pages: 2, nr_pages: 2n, flags: PRESENT }], 7),
    { fileName: "pages-1.img", bytes: new Uint8Array(8192) },
  ],
});

it("a summary of a checkpoint lists tasks with their threads, files and memory", () => {
  const { tasks } = summarize(new ImageSet(source, createRestoreHooks()));
  expect(tasks).toMatchObject([
    {
      pid: 7,
      kind: "alive",
      threads: [{ tid: 7 }, { tid: 8, name: "worker" }],
      files: [
        { fd: 0, type: "REG", name: "/dev/null" },
        { fd: 3, type: "PIPE", name: "pipe:[77]" },
        { fd: 4, type: "UNIXSK", name: "@abstract -> inode 6" },
        { fd: 5, type: "INETSK", name: "127.0.0.1:80" },
        { fd: 6, type: "INETSK", name: "[::1]:80 -> [2001:b80d::]:9" },
      ],
      // The run of saved pages spans the first two mappings.
      memory: [
        { start: "1000", end: "3000", access: "rw-p", bytes: 8192, saved: 4096, name: "" },
        { access: "r-xp", saved: 4096, name: "/dev/null" },
        { saved: 0, name: "[heap]" },
      ],
    },
    { pid: 9, kind: "zombie", parent: 7, threads: [], files: [], memory: [] },
  ]);
});

it("a summary can be printed as text", () => {
  const text = printSummary(summarize(new ImageSet(source, createRestoreHooks())));
  expect(text).toContain("task 9 (program), zombie, child of 7, session 7, group 7\n");
  expect(text).toContain("  1000-3000                   rw-p      8 KiB      4 KiB saved\n");
});

it("a part of a summary can be printed alone", () => {
  const text = "PATH=/bin\0EMPTY=\0";
  const page = Buffer.alloc(4096);
  page.write(text);
  const mount = { mnt_id: 1, root_dev: 1, parent_mnt_id: 0, flags: 0, source: "none", options: "" };
  const source = checkpointInMemory({
    task: {
      pid: 7,
      core: { ids: { mnt_ns_id: 3 } },
      mm: { mm_env_start: 0x2000n, mm_env_end: 0x2000n + BigInt(text.length) },
      vmas: [{ start: 0x2000n, end: 0x3000n }],
      descriptors: [
        { fd: 3, id: 13 },
        { fd: 4, id: 13 },
      ],
      children: [
        { pid: 8, children: [{ pid: 9, kind: "zombie" }] },
        { pid: 10, threads: [{ tid: 11 }] },
      ],
    },
    files: [{ id: 13, isk: { family: 2, src_addr: [0x0100007f], src_port: 80, dst_addr: [0], dst_port: 0 } }],
    images: [
      image("pagemap", [{ pages_id: 1 }, { vaddr: 0x2000n, compat_nr_pages: 1, nr_pages: 1n, flags: PRESENT }], 7),
      { fileName: "pages-1.img", bytes: page },
      image(
        "mnts",
        [
          { ...mount, fstype: 5, root: "/", mountpoint: "/tmp", source: "shm", options: "size=64k" },
          { ...mount, fstype: 0, fsname: "ext4", root: "/srv", mountpoint: "/data", ext_key: "data" },
        ],
        3,
      ),
    ],
  });
  const print = (view: View) => printViews([view], summarize(new ImageSet(source, createRestoreHooks())));
  expect(print("tree")).toBe(
    [
      "task 7 (program)",
      "├─ task 8 (program)",
      "│  └─ task 9 (program), zombie",
      "└─ task 10 (program), 2 threads",
      "",
    ].join("\n"),
  );
  expect(print("mounts")).toBe(
    ["mount namespace 3", "  /tmp   tmpfs shm (size=64k)", "  /data  ext4 none from /srv, external", ""].join("\n"),
  );
  expect(print("sockets")).toBe("INETSK    127.0.0.1:80  (task 7 (program) fd 3, task 7 (program) fd 4)\n");
  expect(print("env")).toContain("task 7 (program)\n  PATH=/bin\n  EMPTY=\n");
});

it("a summary of a damaged checkpoint has what can be read, and names what cannot", () => {
  const intact = image("pstree", [
    { pid: 7, ppid: 0, pgid: 7, sid: 7, threads: [7] },
    { pid: 8, ppid: 7, pgid: 7, sid: 7, threads: [8] },
  ]);
  const damaged = checkpointInMemory({
    task: { pid: 7, descriptors: [{ fd: 0, id: 10 }], vmas: [{ start: 0x1000n, end: 0x3000n }] },
    files: [{ id: 10, reg: { name: "/dev/null" } }],
    images: [
      intact,
      { fileName: "inventory.img", bytes: new Uint8Array(3) },
      { fileName: "core-8.img", bytes: new Uint8Array(9) },
      image("pagemap", [{ pages_id: 1 }, { vaddr: 0x1000n, compat_nr_pages: 1, nr_pages: 1n, flags: PRESENT }], 7),
    ],
  });
  const summary = summarize(new ImageSet(damaged, createRestoreHooks()));
  expect(summary.tasks).toMatchObject([
    { pid: 7, kind: "alive", files: [{ name: "/dev/null" }], memory: [{ start: "1000", saved: 0 }] },
    { pid: 8, kind: undefined, parent: 7, files: [], memory: [] },
  ]);
  expect(summary.damaged.map(({ image }) => image)).toEqual(
    expect.arrayContaining(["inventory.img", "core-8.img", "pagemap-7.img"]),
  );
  const text = printSummary(summary);
  expect(text).toContain("task 8, its core image is damaged, child of 7");
  expect(text).toContain("expected 4096 bytes in pages-1.img, found 0");
});
