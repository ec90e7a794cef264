import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createJiti } from "jiti";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import type { Plugin } from "../packages/core/src/plugin/plugin.ts";

const root = join(import.meta.dirname, "..");

/** Milliseconds. A busy machine takes long to compile the sources. */
const LIMIT = 120_000;

interface Snippet {
  /** Page and line. */
  readonly at: string;
  readonly code: string;
}

/** The TypeScript of a page. */
function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/```ts[^\n]*\n([\s\S]*?)```/g)].map(({ 1: code = "", index }) => {
    return { at: `${page}:${text.slice(0, index).split("\n").length + 1}`, code };
  });
}

const pages = [
  ...["README.md", "examples/README.md", "site/index.md"],
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
];
const snippets = pages.flatMap(snippetsOf);

/** The path of a snippet for the compiler: in a folder that can import the packages. */
const fileOf = (number: number) => join(root, "bench", `snippet-${number}.ts`);

it(
  "every snippet of the docs compiles",
  () => {
    const codes = new Map(snippets.map(({ code }, number) => [fileOf(number), `export {};\n${code}`]));
    const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
    const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noUnusedLocals: false }, root);
    const host = ts.createCompilerHost(options);
    const { readFile, fileExists, getSourceFile } = host;
    host.readFile = (file) => codes.get(file) ?? readFile(file);
    host.fileExists = (file) => codes.has(file) || fileExists(file);
    host.getSourceFile = (file, ...more) => {
      const code = codes.get(file);
      return code === undefined
        ? getSourceFile(file, ...more)
        : ts.createSourceFile(file, code, {
            languageVersion: ts.ScriptTarget.ES2023,
            impliedNodeFormat: ts.ModuleKind.ESNext,
          });
    };
    const program = ts.createProgram([...codes.keys()], options, host);
    const wrong = [...codes.keys()].flatMap((file, number) => {
      const source = program.getSourceFile(file);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
        ({ messageText }) => `${snippets[number]?.at}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
      );
    });
    expect(wrong).toEqual([]);
  },
  LIMIT,
);

describe("every plugin of the guide and the recipes", () => {
  const jiti = createJiti(fileOf(0));
  /** A default plugin, because one of them orders its tap by it. */
  const fifos: Plugin = {
    name: "fifos",
    apply: ({ openFile }) => openFile.for("FIFO").tap("fifos", () => undefined),
  };
  const plugins = ["docs/plugin-guide.md", "docs/recipes.md"]
    .flatMap(snippetsOf)
    .filter(({ code }) => /^export const \w+ = definePlugin/m.test(code));

  it.each(plugins)(
    "$at can be rehearsed",
    async ({ code }) => {
      const exported = (await jiti.evalModule(code, { async: true, filename: fileOf(0) })) as Record<string, Plugin>;
      const { rehearse } =
        await jiti.import<typeof import("../packages/core/src/testing/mod.ts")>("@restage/core/testing");
      const { error, restored } = await rehearse({
        plugins: [fifos, ...Object.values(exported)],
        task: { pid: 7, children: [{ pid: 8 }] },
      });
      expect(error).toBeUndefined();
      expect(restored).toBeDefined();
    },
    LIMIT,
  );
});

it(
  "the snippet about failures holds",
  async () => {
    const [snippet] = snippetsOf("docs/plugin-guide.md").filter(({ code }) => code.includes("failures: [gettid]"));
    await createJiti(fileOf(0)).evalModule(snippet?.code ?? "", { async: true, filename: fileOf(0) });
    expect(snippet).toBeDefined();
  },
  LIMIT,
);

it(
  "the recipe for a secret refuses memory without it, and overwrites it",
  async () => {
    const [snippet] = snippetsOf("docs/recipes.md").filter(({ code }) => code.includes("function newSecret"));
    const jiti = createJiti(fileOf(0));
    const { newSecret } = (await jiti.evalModule(snippet?.code ?? "", { async: true, filename: fileOf(0) })) as {
      newSecret: (from: string, to: string) => Plugin;
    };
    const { testPlan, testPlugin } =
      await jiti.import<typeof import("../packages/core/src/testing/mod.ts")>("@restage/core/testing");
    const of = (content: string) => ({ task: { pid: 7, memory: [{ start: 0x10000n, content }] } });
    const secret = newSecret("old-secret", "new-secret");
    expect(await testPlan(secret, of("nothing"))).toMatchObject([{ severity: "refused", what: "the secret" }]);
    expect(await testPlugin(secret, of("an old-secret"))).toEqual([
      '7 RESTORE new-secret: copy(0x10003, "new-secret")',
    ]);
  },
  LIMIT,
);

it(
  "the snippet about taps of commit holds",
  async () => {
    const [snippet] = snippetsOf("docs/plugin-guide.md").filter(({ code }) => code.includes("createServer"));
    await createJiti(fileOf(0)).evalModule(snippet?.code ?? "", { async: true, filename: fileOf(0) });
    expect(snippet).toBeDefined();
  },
  LIMIT,
);
