import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { readPicture } from "../packages/cli/test/picture.ts";
import { deadLinks, SITE } from "./site-links.ts";

const isBuilt = existsSync(join(SITE, "index.html"));
const noSite = isBuilt ? undefined : "needs the site: npm run site";
const hasBrowser = spawnSync("chromium", ["--version"], { timeout: 20_000 }).status === 0;
const noBrowser = noSite ?? (hasBrowser ? undefined : "needs chromium");

function itUnless(obstacle: string | undefined, title: string, test: () => void | Promise<void>): void {
  if (obstacle !== undefined) process.stderr.write(`SKIPPED: ${title} (${obstacle})\n`);
  it.skipIf(obstacle !== undefined)(obstacle === undefined ? title : `${title} (SKIPPED: ${obstacle})`, test, 120_000);
}

/** Serves the site like a web server that knows clean URLs. */
async function serve(): Promise<string> {
  const server = createServer((request, response) => {
    const path = join(SITE, new URL(request.url ?? "", "http://site").pathname);
    const file = [path, `${path}.html`, join(path, "index.html")].find(
      (file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true,
    );
    if (file === undefined) return response.writeHead(404).end();
    const type = { html: "text/html", js: "text/javascript", css: "text/css" }[file.split(".").at(-1) ?? ""];
    return response.writeHead(200, type === undefined ? {} : { "content-type": type }).end(readFileSync(file));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Lets a browser open a page. Returns what it prints; `words` say what. */
async function browse(profile: string, page: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    "chromium",
    [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"],
      ...[`--user-data-dir=${profile}`, "--virtual-time-budget=10000", ...words, page],
    ],
    { timeout: 100_000, maxBuffer: 1 << 26 },
  );
  return stdout;
}

itUnless(noSite, "the site has no dead links", () => {
  expect(deadLinks(SITE)).toEqual([]);
});

itUnless(noBrowser, "a browser shows the start page, in its colors and with its scripts", async () => {
  const directory = mkdtempSync(join(tmpdir(), "restage-site-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const origin = await serve();
  const file = join(directory, "start.png");
  await browse(directory, origin, "--window-size=1280,1600", `--screenshot=${file}`);
  const { width, height, colors } = readPicture(readFileSync(file), "the start page");
  expect([width, height]).toEqual([1280, 1600]);
  const brightness = [...colors.values()].sort((a, b) => a - b);
  expect(colors.size).toBeGreaterThan(100);
  expect((brightness.at(-1) ?? 0) - (brightness[0] ?? 0)).toBeGreaterThan(180);
  // The button of the search is made by the scripts of the page.
  expect(await browse(directory, `${origin}/docs/recipes`, "--dump-dom")).toMatch(/DocSearch-Button.*Change a port/s);
});
