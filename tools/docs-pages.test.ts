import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createDumpHooks } from "../packages/core/src/dump/hooks.ts";
import { PHASES } from "../packages/core/src/dump/phases.ts";
import { ERRORS } from "../packages/core/src/errors.ts";
import type { Plugin } from "../packages/core/src/plugin/plugin.ts";
import { CALLS } from "../packages/core/src/program/calls.ts";
import { createRestoreHooks } from "../packages/core/src/restore/hooks.ts";
import { STAGES } from "../packages/core/src/restore/stages.ts";
import { defaultDumpPlugins } from "../packages/plugins/src/dump.ts";
import { defaultPlugins } from "../packages/plugins/src/mod.ts";
import type { Support } from "../packages/plugins/src/support.ts";
import { NOT_YET } from "../test/cases/not-yet.ts";
import { TRIPS } from "../test/checkpoint/trips.ts";
import { RESTORES } from "../test/restore/restores.ts";
import { errorsPage, optionsPage, stagesPage, supportPage } from "./docs-pages.ts";
import { ERROR_EXAMPLES } from "./error-examples.ts";
import { WIDTH } from "./markdown.ts";
import { referencePage } from "./reference-page.ts";
import { supportRows } from "./support-rows.ts";

const root = join(import.meta.dirname, "..");
const page = (name: string): string => readFileSync(join(root, "docs", name), "utf8");
const STALE = "docs are stale: npm run docs";

function sources(): string {
  const packages = readdirSync(join(root, "packages"));
  const files = packages.flatMap((name) => {
    const folder = join(root, "packages", name, "src");
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));
  });
  const code = files.filter((file) => file.endsWith(".ts") && !file.endsWith("core/src/errors.ts"));
  return code.map((file) => readFileSync(file, "utf8")).join("\n");
}

describe("docs/errors.md", () => {
  it("is what the catalogue makes", () => {
    expect(page("errors.md"), STALE).toBe(errorsPage(ERRORS, ERROR_EXAMPLES));
  });

  it("has a section for every code, and no other", () => {
    const headings = [...page("errors.md").matchAll(/^## (ERR_\w+)$/gm)].map(([, code]) => code);
    expect(headings).toEqual(Object.keys(ERRORS));
  });

  it("lists codes in alphabetical order, each with whole sentences", () => {
    expect(Object.keys(ERRORS)).toEqual(Object.keys(ERRORS).sort());
    for (const { meaning, remedy } of Object.values(ERRORS)) {
      expect(meaning).toMatch(/^[A-Z].*\.$/);
      expect(remedy).toMatch(/^[A-Z`].*\.$/);
    }
  });

  it("shows each code in an example, with hints that the sources have", () => {
    const text = sources();
    for (const [code, example] of Object.entries(ERROR_EXAMPLES)) {
      expect(example.describe()).toContain(`${code}: `);
      for (const { hint } of [example, ...example.failures]) {
        // What follows varies.
        const [constant = ""] = hint?.split(/(?<=[:(])|--/) ?? [];
        expect(text).toContain(constant);
      }
    }
  });

  it("has no code that nothing throws", () => {
    const text = sources();
    const thrown = Object.keys(ERRORS).filter((code) => text.includes(`"${code}"`));
    // Thrown by the class's own file: any other error of a plugin, several failures of a stage.
    const own = ["ERR_PLUGIN", "ERR_STAGE"];
    expect([...new Set([...thrown, ...own])].sort()).toEqual(Object.keys(ERRORS));
  });
});

describe("docs/stages.md", () => {
  it("is what the default plugins make", () => {
    expect(page("stages.md"), STALE).toBe(stagesPage(defaultPlugins(), defaultDumpPlugins()));
  });

  it("has every stage and phase in order, and every default duty that works in one", () => {
    const [stages = "", phases = ""] = page("stages.md").split("## Phases of a checkpoint");
    const headings = [...stages.matchAll(/^## -?\d (\w+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual([...STAGES.map(({ name }) => name), "FAIL"]);
    expect([...phases.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)).toEqual(PHASES.map(({ name }) => name));
    const listed = (text: string) => new Set([...text.matchAll(/^- `([^`]+)`:/gm)].map(([, duty]) => duty));
    const duties = (plugins: readonly Plugin[]) => new Set(plugins.map(({ duty, name }) => duty ?? name));
    expect(listed(stages)).toEqual(
      duties(defaultPlugins().filter(({ stages = {} }) => Object.keys(stages).length > 0)),
    );
    expect(listed(phases)).toEqual(duties(defaultDumpPlugins()));
  });
});

describe("docs/options.md", () => {
  it("is what --help says", () => {
    expect(page("options.md"), STALE).toBe(optionsPage());
  });
});

describe("docs/reference.md", () => {
  it("is what the hooks and the calls declare", () => {
    expect(page("reference.md"), STALE).toBe(referencePage());
  });

  it("has every hook, each with its arguments, and every call", () => {
    const [hooksText = "", callsText = ""] = page("reference.md").split(/^## What taps get[\s\S]*^## System calls/m);
    const sections = hooksText.split(/^### `/m).slice(1);
    const stages = ["enter", "task", "thread", "leave", "tree", "task", "thread"];
    const hooks = [...Object.keys(createRestoreHooks()), ...Object.keys(createDumpHooks()), ...stages];
    const expected = hooks.filter((name) => name !== "stages" && name !== "phases");
    expect(sections.map((section) => /^\w+/.exec(section)?.[0]).sort()).toEqual(expected.sort());
    for (const section of sections) expect(section).toMatch(/^- arguments: `\w+: \w/m);
    // Errors name the arguments as the types do.
    const calls = [...callsText.matchAll(/^- `(\w+)\(([^`]*)\)`/gm)].map(({ 1: call = "", 2: args = "" }) => {
      return [call, Array.from(args.matchAll(/(\w+)\??:/g), ([, name]) => name).join(" ")];
    });
    expect(Object.fromEntries(calls)).toEqual(
      Object.fromEntries(Object.entries(CALLS).map(([call, [names]]) => [call, names])),
    );
  });

  it("has the members of what taps get", () => {
    const types =
      page("reference.md")
        .split(/^## /m)
        .find((section) => section.startsWith("What taps get")) ?? "";
    const membersOf = (type: string) => types.split(/^### `/m).find((section) => section.startsWith(`${type}\``));
    expect(membersOf("StageContext")).toMatch(/^- `tree: Tree`/m);
    expect(membersOf("Task")).toMatch(/^- `survives: boolean`: Whether it runs/m);
    expect(membersOf("Task")).toMatch(/^- everything of `ProgramTarget`/m);
    expect(membersOf("Task")).not.toContain("constructor");
    expect(membersOf("MemoryPatch")).toMatch(/^- `find\(text: string \| Uint8Array\)/m);
    expect(membersOf("ProgramTarget")).not.toMatch(/^- `open/m);
  });
});

describe("every page", () => {
  const pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"].concat(
    readdirSync(join(root, "docs"))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
    readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
  );

  // Tables of numbers are as wide as they are.
  it.each(pages.filter((name) => !name.endsWith("measurements.md")))("%s can be read on a terminal", (name) => {
    const lines = readFileSync(join(root, name), "utf8").split("\n");
    expect(lines.filter((line) => [...line].length > WIDTH)).toEqual([]);
  });

  it.each(pages)("%s links to what is there", (name) => {
    const text = readFileSync(join(root, name), "utf8");
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = ""]) => target);
    expect(targets.filter((target) => !existsSync(join(root, name, "..", target)))).toEqual([]);
  });
});

describe("docs/support.md", async () => {
  const rows = await supportRows();
  const cases = join(root, "test/cases");
  const files = readdirSync(cases).filter((name) => name.endsWith(".test.ts"));
  const tests = files.map((name) => readFileSync(join(cases, name), "utf8"));
  // Each restores checkpoints of both programs.
  const engines = readdirSync(join(root, "test/containers")).flatMap(
    (name) => /^(.*)\.test\.ts$/.exec(name)?.[1] ?? [],
  );
  const missing = (direction: "saved" | "restored", isShown: (kind: string, name: string) => boolean) =>
    rows.flatMap(({ what, shownBy }) =>
      (shownBy[direction] ?? [])
        .filter((by) => {
          const [kind = "", name = ""] = by.split(" ");
          return !isShown(kind, name);
        })
        .map((by) => `${what}: ${by}`),
    );

  it("is what the rooms declare", () => {
    expect(page("support.md"), STALE).toBe(supportPage(rows, NOT_YET));
  });

  it("says restored only where a real restore of CRIU's images shows it", () => {
    const text = tests.join("\n");
    const shown = missing("restored", (kind, name) => {
      if (kind === "engine") return engines.includes(name);
      if (kind === "fixture") return Object.hasOwn(RESTORES, name);
      return kind === "case" && existsSync(join(cases, name, "program.c")) && text.includes(`"${name}"`);
    });
    expect(shown).toEqual([]);
    expect(
      rows.filter(({ restored, shownBy }) => (restored === undefined) !== (shownBy.restored === undefined)),
    ).toEqual([]);
  });

  it("says saved only where a restore of Restage's own images shows it", () => {
    // Each runs `restage checkpoint`, through the helper or itself.
    const both = tests.filter((text) => /describeDumped\(|\["checkpoint"/.test(text)).join("\n");
    const shown = missing("saved", (kind, name) => {
      if (kind === "engine") return engines.includes(name);
      if (kind === "fixture") return Object.hasOwn(TRIPS, name);
      return kind === "case" && !Object.hasOwn(NOT_YET, name) && both.includes(`"${name}"`);
    });
    expect(shown).toEqual([]);
    const isSaved = ({ saved, restageImage }: Support) => saved !== undefined || restageImage !== undefined;
    expect(rows.filter((row) => isSaved(row) !== (row.shownBy.saved !== undefined))).toEqual([]);
    expect(Object.keys(TRIPS).sort()).toEqual(Object.keys(RESTORES).sort());
  });
});
