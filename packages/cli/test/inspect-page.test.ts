import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRestoreHooks, ImageSet } from "@restage/core/restore";
import { checkpointInMemory, image } from "@restage/core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { printPage } from "../src/inspect/page/page.ts";
import { readTrace } from "../src/inspect/page/trace.ts";
import { summarize } from "../src/inspect/summarize.ts";
import { readPicture } from "./picture.ts";

const HOSTILE = `</title><script src="https://example.org/x.js">'`;
const directory = mkdtempSync(join(tmpdir(), "restage-page-"));
afterAll(() => rmSync(directory, { recursive: true }));

const mount = { mnt_id: 1, root_dev: 1, parent_mnt_id: 0, flags: 0, fstype: 0, options: "rw" };
const source = checkpointInMemory({
  task: {
    pid: 7,
    core: { tc: { comm: HOSTILE } },
    ids: { mnt_ns_id: 5 },
    threads: [{ tid: 8, core: { thread_core: { comm: "worker" } } }],
    descriptors: [
      { fd: 3, id: 13 },
      { fd: 4, id: 14 },
    ],
    memory: [{ start: 0x10000n, content: "PASSWORD=secret" }],
    mm: { mm_env_start: 0x10000n, mm_env_end: 0x1000fn },
    children: [{ pid: 9, kind: "zombie" }],
  },
  files: [
    { id: 13, reg: { name: `/srv/${HOSTILE}` } },
    { id: 14, isk: { family: 2, src_addr: [0x0100007f], src_port: 80, dst_addr: [0], dst_port: 0 } },
  ],
  images: [image("mnts", [{ ...mount, source: HOSTILE, root: "/", mountpoint: "/data" }], 5)],
});

const TRACE = {
  traceEvents: [
    { name: "thread_name", ph: "M", ts: 0, pid: 0, tid: 0, args: { name: "stages" } },
    { name: "RESTORE", cat: "stage", ph: "X", ts: 1000, dur: 9000, pid: 0, tid: 0, args: {} },
    { name: HOSTILE, cat: `"${HOSTILE}`, ph: "X", ts: 2000, dur: 4000, pid: 7, tid: 7, args: { duties: [HOSTILE] } },
    { name: "failed: ERR_SYSCALL", ph: "i", ts: 9000, pid: 0, tid: 0, args: { error: { message: HOSTILE } } },
  ],
};

function page(): string {
  const path = join(directory, "trace");
  writeFileSync(path, JSON.stringify(TRACE));
  return printPage(summarize(new ImageSet(source, createRestoreHooks())), readTrace(path), HOSTILE);
}

it("a page of a checkpoint shows tasks, files, sockets, mounts and a timeline", () => {
  const text = page();
  for (const expected of [
    ">task 9 (program)</a>",
    "7, 8 worker",
    "127.0.0.1:80",
    "/data",
    "RESTORE",
    "at 8.0 ms",
    "zombie",
  ])
    expect(text).toContain(expected);
});

it("a page of a checkpoint escapes what comes from images and traces, loads nothing, and has no environment", () => {
  const text = page();
  expect(text).not.toMatch(/<script|<link|<img|<iframe|url\(|@import|[^&]'>|\son[a-z]+=/i);
  expect(text.match(/example\.org/g)?.length).toBeGreaterThan(8);
  expect([...text.matchAll(/(?:href|src)="([^#"]*)/g)].filter(([, address]) => address !== "")).toEqual([]);
  expect(text).not.toContain("secret");
  expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

it.each([
  ["not JSON", "{", "in JSON"],
  ["another file", '{"traceEvents":[{"name":1}]}', "no trace events"],
  ["a trace without spans", '{"traceEvents":[]}', "no spans"],
])("a timeline is refused: %s", (_what, text, why) => {
  const path = join(directory, "bad");
  writeFileSync(path, text);
  expect(() => readTrace(path)).toThrow(why);
});

it("a timeline can have more spans than a call can have arguments", () => {
  const path = join(directory, "long");
  const traceEvents = Array.from({ length: 300_000 }, (_, ts) => ({
    name: "tap",
    ph: "X",
    ts,
    dur: 1,
    pid: 7,
    tid: 7,
  }));
  writeFileSync(path, JSON.stringify({ traceEvents }));
  expect(readTrace(path)).toMatchObject({ milliseconds: 300, rows: [{ spans: { length: 300_000 } }] });
});

const noBrowser = spawnSync("chromium", ["--version"], { timeout: 20_000 }).status !== 0;
const title = "a page of a checkpoint in a browser";
if (noBrowser) process.stderr.write(`SKIPPED: ${title} (needs chromium)\n`);

describe.skipIf(noBrowser)(noBrowser ? `${title} (SKIPPED: needs chromium)` : title, () => {
  it.each([
    ["light", 1, (brightness: number) => brightness > 220],
    ["dark", 0, (brightness: number) => brightness < 60],
  ] as const)(
    "is drawn in %s colors",
    (_name, scheme, isBackground) => {
      writeFileSync(join(directory, "page.html"), page());
      const file = join(directory, "page.png");
      const { stderr } = spawnSync(
        "chromium",
        [
          ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"],
          ...[`--user-data-dir=${directory}/profile`, `--blink-settings=preferredColorScheme=${scheme}`],
          ...["--window-size=1000,1400", `--screenshot=${file}`, `file://${directory}/page.html`],
        ],
        { timeout: 100_000, encoding: "utf8" },
      );
      const { width, height, brightness, colors } = readPicture(readFileSync(file), stderr);
      expect([width, height]).toEqual([1000, 1400]);
      expect(isBackground(brightness(2, 700)), `${brightness(2, 700)}`).toBe(true);
      // Text on the background, and the colors of bars, mappings and spans.
      const all = [...colors.values()].sort((a, b) => a - b);
      expect(colors.size).toBeGreaterThan(30);
      expect(all.at(-1)! - all[0]!).toBeGreaterThan(150);
    },
    120_000,
  );
});
