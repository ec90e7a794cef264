import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ERRORS, type ErrorCode } from "@restage/core";
import { wrap } from "./report/table.ts";

const HERE = dirname(fileURLToPath(import.meta.url));

/** The pages of the documentation: beside the built command, also as Bun runs it, and in the repository. The executable has none. */
const PAGES = ["docs", "../docs", "../../../docs"].map((place) => join(HERE, place)).find(existsSync);

/** The names of the pages. */
export function pageNames(): readonly string[] {
  const files = PAGES === undefined ? [] : readdirSync(PAGES);
  return files
    .filter((file) => file.endsWith(".md"))
    .map((file) => file.slice(0, -3))
    .sort();
}

/** The names in code that the pages explain, each with the page that has it most: hooks, image kinds, plugins, options. */
export function namesInPages(): ReadonlyMap<string, string> {
  const most = new Map<string, { readonly page: string; readonly times: number }>();
  for (const page of pageNames()) {
    const text = readPage(page);
    for (const name of new Set([...text.matchAll(/`([\w.-]+)`/g)].map(([, name = ""]) => name))) {
      const times = text.split(name).length;
      if (times > (most.get(name)?.times ?? 0)) most.set(name, { page, times });
    }
  }
  return new Map([...most].map(([name, { page }]) => [name, page]));
}

function readPage(name: string): string {
  return readFileSync(join(PAGES as string, `${name}.md`), "utf8");
}

/** What `restage help` knows of a topic, which is a page or the code of an error. A page with the name of a command is `NAME.md`. */
export function topicHelp(name: string): string | undefined {
  const page = name.replace(/\.md$/, "");
  if (pageNames().includes(page)) return readPage(page);
  if (!Object.hasOwn(ERRORS, name)) return undefined;
  const { meaning, remedy } = ERRORS[name as ErrorCode];
  return `${name}\n\n${wrap(meaning)}\n\nWhat to do: ${wrap(remedy)}\n`;
}
