import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { RestoreError } from "../errors.ts";
import { placeInPlugin } from "../plugin/stack.ts";
import { assertTrusted } from "./assert-trusted.ts";
import { checkConfig, configError } from "./check-config.ts";
import type { RestoreConfig } from "./define-config.ts";
import { lineOfJsonError } from "./json-error.ts";
import { merge } from "./merge.ts";
import { fileOf, type PluginImporters, resolvePlugins } from "./named-plugins.ts";
import { noteFile } from "./noted-files.ts";
import { SECTIONS } from "./sections.ts";

const MODULES = ["restore.config.ts", "restore.config.js", "restore.config.mjs"];
const NAMES = [...MODULES, "restore.config.json"];
/** Its key with the configuration is `restore`. */
const MANIFEST = "package.json";

export interface ConfigRequest extends PluginImporters {
  /** The configuration file; without it, `directory` and its parents are searched. */
  readonly file?: string | undefined;
  /** Where the search starts; the working directory by default. */
  readonly directory?: string;
}

/**
 * Loads the configuration: the given file, or `restore.config.ts` (.js, .mjs, .json) or the key `restore` of package.json in the nearest directory that
 * has one. Relative paths in it are relative to the file. In JSON, plugins are named. Without any, the configuration is empty. Configurations that it
 * extends are loaded in the same way.
 *
 * A configuration is code, and names programs to run: one that others can change is refused, not skipped.
 *
 * Throws ERR_CONFIG when it cannot be used.
 */
export async function loadConfig({
  file,
  directory = process.cwd(),
  ...importers
}: ConfigRequest): Promise<RestoreConfig> {
  const { importModule } = importers;
  const found =
    file === undefined ? await search(resolve(directory), importModule) : await load(resolve(file), importModule);
  return found === undefined ? {} : await complete(found, importers, []);
}

/** Checks a configuration, makes its plugins, and adds it to those that it extends. */
async function complete(
  { config, filepath }: FoundConfig,
  importers: PluginImporters,
  extendedBy: readonly string[],
): Promise<RestoreConfig> {
  assertTrusted(filepath);
  const checked = checkConfig(await resolvePlugins(config, filepath, importers), filepath);
  const { extends: bases = [], ...own } = withAbsolutePaths(checked, dirname(filepath));
  let whole: RestoreConfig = {};
  for (const [index, name] of bases.entries()) {
    const failed = (message: string) => configError(filepath, { message, at: ["extends", index] });
    const file = fileOf(name, filepath);
    if (file === undefined) throw failed(`there is no configuration ${name}`);
    if (file === filepath || extendedBy.includes(file)) throw failed(`${name} extends this file`);
    const base = await load(file, importers.importModule);
    whole = merge(whole, await complete(base, importers, [...extendedBy, filepath]));
  }
  return merge(whole, own);
}

interface FoundConfig {
  readonly config: unknown;
  readonly filepath: string;
}

async function load(file: string, importModule: ConfigRequest["importModule"]): Promise<FoundConfig> {
  if (!existsSync(file)) throw new RestoreError("ERR_CONFIG", `Cannot load ${file}: there is no such file`);
  const explorer = await openExplorer(importModule);
  return (await guarded(file, () => explorer.load(file))) ?? { config: undefined, filepath: file };
}

async function search(
  directory: string,
  importModule: ConfigRequest["importModule"],
): Promise<FoundConfig | undefined> {
  if (mayHaveConfig(directory)) {
    const explorer = await openExplorer(importModule);
    const found = await guarded(directory, () => explorer.search(directory));
    if (found !== undefined) return found;
  }
  const parent = dirname(directory);
  return parent === directory ? undefined : search(parent, importModule);
}

/** Most directories have none, and loading the library that reads configurations takes as long as a small restore. */
function mayHaveConfig(directory: string): boolean {
  for (const name of NAMES) noteFile(join(directory, name));
  if (NAMES.some((name) => existsSync(join(directory, name)))) return true;
  const manifest = join(directory, MANIFEST);
  return existsSync(manifest) && readFileSync(manifest, "utf8").includes('"restore"');
}

/** Searches one directory at a time, because the library's own search upwards ends at the home directory and then reads the user's settings. */
async function openExplorer(importModule: ConfigRequest["importModule"]) {
  const { cosmiconfig } = await import("cosmiconfig");
  // An error of the module itself can have a code (ENOENT) that a search would take for a missing file.
  const loader = (path: string) =>
    guarded(path, async () => {
      assertTrusted(path);
      return defaultExport(await importModule(path), path);
    });
  return cosmiconfig("restore", {
    searchPlaces: [...NAMES, MANIFEST],
    searchStrategy: "none",
    loaders: { ".ts": loader, ".js": loader, ".mjs": loader, ".json": parseJson },
  });
}

/** The message of the library's own parser has several lines, and no line number. */
function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const place = `${path}:${lineOfJsonError(text)}`;
    throw new RestoreError("ERR_CONFIG", `Cannot load ${place}: ${(error as Error).message}`, { cause: error });
  }
}

function defaultExport(module: object, path: string): unknown {
  if ("default" in module && module.default !== undefined) return module.default;
  throw new RestoreError("ERR_CONFIG", `Cannot use ${path}: it has no default export`, {
    hint: "export default defineConfig({ ... })",
  });
}

async function guarded<T>(path: string, read: () => Promise<T | null>): Promise<T | undefined> {
  try {
    return (await read()) ?? undefined;
  } catch (error) {
    if (error instanceof RestoreError) throw error;
    const { message, stack, filepath = path } = error as Error & { readonly filepath?: string };
    const place = placeInPlugin(stack) ?? filepath;
    const through = place.startsWith(filepath) ? "" : ` (${place})`;
    // Compilers' messages have several lines; ours have one.
    const why = `${message.replace(/\s+/g, " ").trim()}${through}`;
    throw new RestoreError("ERR_CONFIG", `Cannot load ${through === "" ? place : filepath}: ${why}`, { cause: error });
  }
}

function withAbsolutePaths(config: RestoreConfig, directory: string): RestoreConfig {
  const present = SECTIONS.filter((name) => config[name] !== undefined);
  const sections = present.map((name) => [name, absolutePaths(config[name] ?? {}, directory)]);
  return { ...absolutePaths(config, directory), ...Object.fromEntries(sections) };
}

function absolutePaths<T extends { readonly images?: string; readonly pidfile?: string | undefined }>(
  options: T,
  directory: string,
): T {
  const { images, pidfile } = options;
  return {
    ...options,
    ...(images === undefined || isAddress(images) ? {} : { images: resolve(directory, images) }),
    ...(pidfile === undefined ? {} : { pidfile: resolve(directory, pidfile) }),
  };
}

/** `scheme:...`, for a plugin that knows where such images are. */
function isAddress(images: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(images);
}
