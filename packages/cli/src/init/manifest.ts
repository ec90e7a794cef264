import type { Runtime } from "../options/settings.ts";
import { COMMANDS_OF } from "./runtime.ts";

type Section = Readonly<Record<string, string>>;

/** A package.json; unknown members stay as they are. */
export interface Manifest extends Readonly<Record<string, unknown>> {
  readonly scripts?: Section;
  readonly dependencies?: Section;
  readonly devDependencies?: Section;
}

/** Only Node needs jiti, to run tests in TypeScript. */
function toolsFor(runtime: Runtime): Section {
  const jiti: Section = runtime === "node" ? { jiti: "^2.7.0" } : {};
  return { "@types/node": "^20.19.0", ...jiti, typescript: "^5.9.0" };
}

/** What the package.json of a project with a configuration has. */
export function projectManifest(name: string, runtime: Runtime, version: string): Manifest {
  const { restage, test } = COMMANDS_OF[runtime];
  return {
    name,
    private: true,
    type: "module",
    scripts: {
      test: test("*.test.ts"),
      types: "tsc",
      plan: `${restage} plan`,
      check: `${restage} check`,
      restore: `${restage} restore -d`,
    },
    dependencies: { "@restage/core": version, "@restage/plugins": version, restage: version },
    devDependencies: toolsFor(runtime),
  };
}

/** What the package.json of a plugin to publish has. */
export function packageManifest(name: string, runtime: Runtime, version: string): Manifest {
  const { restage, test, run } = COMMANDS_OF[runtime];
  return {
    name,
    version: "0.1.0",
    description: "A plugin for Restage",
    keywords: ["restage-plugin"],
    type: "module",
    exports: { ".": { types: "./dist/mod.d.ts", default: "./dist/mod.js" } },
    files: ["dist"],
    scripts: {
      build: "tsc",
      prepack: `${run} build`,
      test: test("src/*.test.ts"),
      plan: `${restage} plan`,
    },
    peerDependencies: { "@restage/core": version },
    devDependencies: { "@restage/core": version, restage: version, ...toolsFor(runtime) },
  };
}

/** Adds what an existing package.json lacks, and changes nothing that it has. */
export function merged(existing: Manifest, wanted: Manifest): Manifest {
  const { scripts, dependencies = {}, devDependencies = {}, ...rest } = wanted;
  const known = { ...existing.dependencies, ...existing.devDependencies };
  const missing = (section: Section) =>
    Object.fromEntries(Object.entries(section).filter(([name]) => !(name in known)));
  return {
    // A project that exists may be CommonJS, and be published.
    ...without(rest, ["name", "private", "type", "version", "description"]),
    ...existing,
    scripts: { ...scripts, ...existing.scripts },
    dependencies: { ...existing.dependencies, ...missing(dependencies) },
    devDependencies: { ...existing.devDependencies, ...missing(devDependencies) },
  };
}

function without(manifest: Manifest, names: readonly string[]): Manifest {
  return Object.fromEntries(Object.entries(manifest).filter(([name]) => !names.includes(name)));
}
