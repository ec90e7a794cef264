import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const pagesOf = (directory: string) =>
  readdirSync(join(root, directory))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(directory, name));
const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`);
const pages = [...pagesOf("."), ...pagesOf("docs"), ...pagesOf("examples"), ...packages];

/** The text of a page without blocks of code, which can look like headings and links. */
function textOf(page: string): string {
  return readFileSync(join(root, page), "utf8").replace(/^ *```.*?^ *```$/gms, "");
}

/** The anchors of the headings, as GitHub makes them: a heading that there was gets a number. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of textOf(page).matchAll(/^#+ (.*)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let number = 1; anchors.has(anchor); number++) anchor = `${slug}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}

function isDead(page: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return true;
  return anchor !== undefined && !anchorsOf(file).has(anchor);
}

it("no page has a dead link", () => {
  const links = pages.flatMap((page) =>
    // A link can be broken into lines between its words.
    Array.from(textOf(page).matchAll(/\]\(\s*([^)\s]+)\s*\)/g), ([, target = ""]) => ({ page, target })),
  );
  const inside = links.filter(({ target }) => !/^[a-z]+:/.test(target));
  expect(inside.length).toBeGreaterThan(50);
  expect(inside.filter(({ page, target }) => isDead(page, target))).toEqual([]);
});
