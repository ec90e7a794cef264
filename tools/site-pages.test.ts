import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

// What goes wrong most easily when the site is built, checked without VitePress. `npm run site` builds it and checks the result.

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const config = read("site/.vitepress/config.ts");
const listed = Array.from(config.matchAll(/page\("[^"]*", "([^"]*)"\)/g), ([, page = ""]) => page);
const pagesOf = (directory: string) => readdirSync(join(root, directory)).filter((name) => name.endsWith(".md"));

it("the menus of the site lead to pages, and to every page of the documentation", () => {
  expect(listed.length).toBeGreaterThan(15);
  expect(listed.filter((page) => !existsSync(join(root, `${page}.md`)))).toEqual([]);
  const docs = pagesOf("docs").map((name) => `docs/${name.slice(0, -3)}`);
  expect(docs.filter((page) => !listed.includes(page))).toEqual([]);
});

/** The anchors of the headings of a page. */
function anchorsOf(page: string): readonly string[] {
  const slug = (heading: string) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "");
  return Array.from(read(page).matchAll(/^#+ (.*)$/gm), ([, heading = ""]) => slug(heading).replaceAll(" ", "-"));
}

it("the start page of the site leads to pages and their headings", () => {
  const links = Array.from(read("site/index.md").matchAll(/(?:link: |\]\()\/([^\s)]+)/g), ([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(3);
  const dead = links.filter((link) => {
    const [page, anchor] = link.split("#");
    if (!existsSync(join(root, `${page}.md`))) return true;
    return anchor !== undefined && !anchorsOf(`${page}.md`).includes(anchor);
  });
  expect(dead).toEqual([]);
});

it("no page has text that VitePress takes for a template", () => {
  const suspects = listed.flatMap((page) =>
    read(`${page}.md`)
      .replace(/^ *```.*?^ *```$/gms, "")
      .replace(/`[^`]+`/g, "")
      .split("\n")
      .filter((line) => /\{\{|<\/?[a-z][\w-]*[ />]/i.test(line) && !/<(br|https?:)/.test(line))
      .map((line) => `${page}: ${line}`),
  );
  expect(suspects).toEqual([]);
});
