import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

export const SITE: string = join(import.meta.dirname, "../site/dist");

/** The links of the pages that lead nowhere: `docs/cli.html: /docs/nothing#here`. The pages of the API are only checked as targets. */
export function deadLinks(site: string): readonly string[] {
  const pages = readdirSync(site, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".html") && !file.startsWith("api/"),
  );
  const anchors = new Map(pages.map((page) => [page, new Set(valuesOf("id", textOf(site, page)))]));
  const isDead = (page: string, href: string) => {
    const { pathname, hash } = new URL(href, `file:///${page.replace(/\.html$/, "")}`);
    const path = posix.relative("/", fileURLToPath(`file://${pathname}`));
    const target = [path, `${path}.html`, posix.join(path, "index.html")].find((file) => isFile(join(site, file)));
    if (target === undefined) return true;
    const id = decodeURIComponent(hash.slice(1));
    return id !== "" && anchors.get(target)?.has(id) === false;
  };
  return pages.flatMap((page) =>
    [...new Set(valuesOf("href", textOf(site, page)))]
      .filter((href) => !/^[a-z]+:/.test(href) && isDead(page, href))
      .map((href) => `${page}: ${href}`),
  );
}

function textOf(site: string, page: string): string {
  return readFileSync(join(site, page), "utf8");
}

function valuesOf(attribute: string, html: string): readonly string[] {
  return Array.from(html.matchAll(new RegExp(` ${attribute}="([^"]*)"`, "g")), ([, value = ""]) =>
    value.replaceAll("&amp;", "&"),
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
