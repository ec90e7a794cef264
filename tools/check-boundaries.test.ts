import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkBoundaries, readSources } from "./check-boundaries.ts";

/** The violations of one file, beside the entry points of all packages. */
function violationsOf(path: string, text: string): string[] {
  const others = ["images", "linux", "core", "plugins", "fleet", "cli"].map(
    (name) => [`packages/${name}/src/mod.ts`, ""] as const,
  );
  return checkBoundaries(new Map([...others, [path, text]]));
}

describe("checkBoundaries", () => {
  it.each([
    ["packages/core/src/a.ts", `import { a } from "@restage/images";`],
    ["packages/core/src/a.ts", `import { EPERM } from "@restage/linux/abi";`],
    ["packages/core/src/a.ts", `import type { Kernel } from "@restage/linux";`],
    ["packages/core/src/a.ts", `export type { Kernel } from "@restage/linux";`],
    ["packages/core/src/a.ts", `let kernel: import("@restage/linux").Kernel;`],
    ["packages/plugins/src/a.ts", `import { a } from "@restage/core";\nimport "./mod.ts";`],
    ["packages/cli/src/a.ts", `import { openKernel } from "@restage/linux";`],
    ["packages/cli/src/a.ts", `type Fleet = typeof import("@restage/fleet");`],
    ["packages/linux/src/ffi/node.ffi.ts", `const koffi = await import("koffi");`],
    ["packages/linux/src/ffi/deno.ffi.ts", `Deno.dlopen("libc.so.6", {});`],
  ])("allows %s to contain %s", (path, text) => {
    expect(violationsOf(path, text)).toEqual([]);
  });

  it.each([
    ["packages/images/src/a.ts", `import { a } from "@restage/linux";`, "images must not import linux"],
    ["packages/linux/src/a.ts", `import type { a } from "@restage/core";`, "linux must not import core"],
    ["packages/core/src/a.ts", `export * from "@restage/plugins";`, "core must not import plugins"],
    ["packages/core/src/a.ts", `await import("@restage/plugins");`, "core must not import plugins"],
    ["packages/plugins/src/a.ts", `import "restage";`, "plugins must not import the command"],
    ["packages/core/src/a.ts", `import type { a } from "@restage/fleet";`, "core must not import fleet"],
    ["packages/fleet/src/a.ts", `import type { a } from "@restage/plugins";`, "fleet must not import plugins"],
    ["packages/cli/src/a.ts", `await import("@restage/fleet");`, "which is optional"],
    ["packages/core/src/a.ts", `import "../../plugins/src/mod.ts";`, "outside of the package's sources"],
    ["packages/core/src/a.ts", `import "@restage/core";`, "not as @restage/core"],
    [
      "packages/core/src/a.ts",
      `import { openKernel } from "@restage/linux";`,
      "may import only types from @restage/linux",
    ],
    [
      "packages/plugins/src/a.ts",
      `import { type Kernel } from "@restage/linux";`,
      "may import only types from @restage/linux",
    ],
    ["packages/linux/src/a.ts", `await import("koffi");`, "foreign function interface"],
    ["packages/cli/src/a.ffi.ts", `import { dlopen } from "bun:ffi";`, "foreign function interface"],
    ["packages/linux/src/a.ts", `globalThis.Deno.dlopen("libc.so.6", {});`, "foreign function interface"],
    ["packages/core/src/a.ts", `import "./gone.ts";`, "./gone.ts does not exist"],
  ])("refuses in %s: %s", (path, text, message) => {
    expect(violationsOf(path, text)).toEqual([expect.stringContaining(message)]);
    expect(violationsOf(path, text)[0]).toMatch(/^packages\/.*\.ts:1: /);
  });

  describe("circles", () => {
    const files = (back: string, folder = "x/"): Map<string, string> => {
      return new Map([
        ["packages/core/src/a.ts", `import { b } from "./${folder}b.ts";`],
        [`packages/core/src/${folder}b.ts`, `export * from "./c.ts";`],
        [`packages/core/src/${folder}c.ts`, back],
      ]);
    };

    it("of imports at run time are refused, in one folder too", () => {
      expect(checkBoundaries(files(`import { a } from "../a.ts";`))).toEqual([
        "packages/core/src/a.ts:1: imports itself, by way of packages/core/src/x/b.ts, packages/core/src/x/c.ts",
      ]);
      expect(checkBoundaries(files(`await import("./a.ts");`, ""))).toHaveLength(1);
    });

    it("of types are refused between folders only", () => {
      expect(checkBoundaries(files(`import type { A } from "../a.ts";`))).toHaveLength(1);
      expect(checkBoundaries(files(`import type { A } from "./a.ts";`, ""))).toEqual([]);
    });

    it("are each reported once, with all their files", () => {
      const two = new Map([
        ...files(`import { a } from "../a.ts";\nimport { b } from "./b.ts";`),
        ["packages/core/src/d.ts", `import { a } from "./a.ts";\nimport { d } from "./d.ts";`] as const,
      ]);
      const violations = checkBoundaries(two);
      expect(violations.map((line) => line.split(":")[0])).toEqual([
        "packages/core/src/a.ts",
        "packages/core/src/d.ts",
      ]);
    });
  });

  describe("the directions", () => {
    const files = (more: Readonly<Record<string, string>>): Map<string, string> => {
      const sources = {
        "packages/core/src/mod.ts": "",
        "packages/core/src/restore/mod.ts": "",
        "packages/core/src/dump/mod.ts": "",
        "packages/core/src/restore/stages.ts": "",
        "packages/plugins/src/mod.ts": `export { a } from "./a/restore.ts";`,
        "packages/plugins/src/dump.ts": `export { a } from "./a/dump.ts";`,
        "packages/plugins/src/a/restore.ts": `import "@restage/core";\nimport "./format.ts";`,
        "packages/plugins/src/a/dump.ts": `import "@restage/core";\nimport "./format.ts";`,
        "packages/plugins/src/a/format.ts": "",
      };
      return new Map(Object.entries({ ...sources, ...more }));
    };

    it("share formats and tables", () => {
      expect(checkBoundaries(files({ "packages/core/src/mod.ts": `export * from "./restore/stages.ts";` }))).toEqual(
        [],
      );
    });

    it.each([
      ["packages/plugins/src/a/restore.ts", `import { a } from "./dump.ts";`, "packages/plugins/src/a/dump.ts"],
      ["packages/plugins/src/a/dump.ts", `export * from "./restore.ts";`, "packages/plugins/src/a/restore.ts"],
      ["packages/plugins/src/a/restore.ts", `import "@restage/core/dump";`, "packages/core/src/dump/mod.ts"],
      ["packages/plugins/src/a/dump.ts", `import "@restage/core/restore";`, "packages/core/src/restore/mod.ts"],
      ["packages/core/src/mod.ts", `export * from "./restore/mod.ts";`, "packages/core/src/restore/mod.ts"],
    ])("do not load each other: %s with %s", (path, text, loaded) => {
      expect(checkBoundaries(files({ [path]: text }))).toEqual([expect.stringMatching(`^${loaded}:1: .* loads it: `)]);
    });

    it("may import types of each other, and load each other later", () => {
      const types = { "packages/plugins/src/a/restore.ts": `import type { A } from "./dump.ts";` };
      expect(checkBoundaries(files(types))).toEqual([]);
      expect(checkBoundaries(files({ "packages/core/src/mod.ts": `() => import("./restore/mod.ts");` }))).toEqual([]);
    });
  });

  it("finds nothing in this repository", () => {
    expect(checkBoundaries(readSources(dirname(dirname(fileURLToPath(import.meta.url)))))).toEqual([]);
    // A busy machine takes long to parse all files.
  }, 120_000);
});
