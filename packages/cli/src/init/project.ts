import { basename, resolve } from "node:path";
import type { Runtime } from "../options/settings.ts";
import { smallCheckpoint } from "./checkpoint.ts";
import { type Manifest, packageManifest, projectManifest } from "./manifest.ts";
import {
  configSource,
  PACKAGE_TYPES,
  type PluginNames,
  PROJECT_TYPES,
  packageReadme,
  pluginSource,
  pluginTest,
} from "./templates.ts";

/** The files of a new project. */
export interface Project {
  readonly manifest: Manifest;
  /** Without package.json; by their paths. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

export interface ProjectRequest {
  readonly directory: string;
  readonly runtime: Runtime;
  /** Whether it is a package to publish. */
  readonly plugin: boolean;
  /** The version of Restage. */
  readonly version: string;
}

export function makeProject({ directory, runtime, plugin, version }: ProjectRequest): Project {
  const name = packageName(basename(resolve(directory)));
  const range = `^${version}`;
  const images = [...smallCheckpoint()].map(([image, bytes]) => [`checkpoint/${image}`, bytes] as const);
  if (plugin) {
    const names = pluginNames(name);
    return {
      manifest: packageManifest(name, runtime, range),
      files: new Map<string, string | Uint8Array>([
        [
          "src/mod.ts",
          `${pluginSource(names)}\n/** For configurations in JSON, which name the package. */\nexport default ${names.function};\n`,
        ],
        ["src/mod.test.ts", pluginTest(names, "./mod.ts")],
        ["restore.config.ts", configSource(names, "./src/mod.ts")],
        ["tsconfig.json", json(PACKAGE_TYPES)],
        ["README.md", packageReadme(name, names)],
        ...images,
      ]),
    };
  }
  const names = { plugin: "private-files", function: "privateFiles" };
  return {
    manifest: projectManifest(name, runtime, range),
    files: new Map<string, string | Uint8Array>([
      ["restore.config.ts", configSource(names, "./private-files.ts")],
      ["private-files.ts", pluginSource(names)],
      ["private-files.test.ts", pluginTest(names, "./private-files.ts")],
      ["tsconfig.json", json(PROJECT_TYPES)],
      ...images,
    ]),
  };
}

export function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function packageName(directory: string): string {
  const name = directory.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
  return name.replace(/^-+|-+$/g, "") || "restage-project";
}

function pluginNames(name: string): PluginNames {
  const plugin = name.replace(/^restage-(plugin-)?/, "").replace(/^[^a-z]+/, "") || "private-files";
  return { plugin, function: plugin.replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase()) };
}
