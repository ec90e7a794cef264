import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { RestoreError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { assertTrusted } from "./assert-trusted.ts";
import { configError, pluginLists } from "./check-config.ts";
import { type ConfigPath, printPath } from "./place-in-text.ts";

/** How plugins are found that a configuration names. */
export interface PluginImporters {
  /** Imports a module by its absolute path and returns its namespace. How TypeScript is loaded depends on the runtime. */
  readonly importModule: (path: string) => Promise<object>;
  /** Ready-made plugins: functions that make them, by their names. */
  readonly readyMade?: () => Promise<object>;
}

/**
 * Replaces the names of plugins in a configuration, which JSON has instead of plugins: `"NAME"`, or `["NAME", ...arguments]`. A name is that of a ready-made
 * plugin, of a package, or a path. The default export of a package or a file is a plugin, or a function that makes one.
 *
 * Throws ERR_CONFIG.
 */
export async function resolvePlugins(config: unknown, file: string, importers: PluginImporters): Promise<unknown> {
  const lists = pluginLists(config ?? {}).filter(({ plugins }) => plugins.some(isNamed));
  let resolved = config;
  for (const { at, plugins } of lists) {
    const made: unknown[] = [];
    for (const [index, plugin] of plugins.entries()) {
      const path = [...at, index];
      const failed: Failed = (message, { hint, cause } = {}) =>
        configError(file, { message: `${printPath(path)}: ${message}`, hint, at: path }, cause);
      made.push(isNamed(plugin) ? await makePlugin(plugin, file, importers, failed) : plugin);
    }
    resolved = replaced(resolved, at, made);
  }
  return resolved;
}

/** The same configuration with another value at a path. */
function replaced(config: unknown, [key, ...below]: ConfigPath, value: unknown): unknown {
  if (key === undefined) return value;
  const object = config as Readonly<Record<string, unknown>>;
  return { ...object, [key]: replaced(object[key], below, value) };
}

type Named = string | readonly [name: string, ...given: readonly unknown[]];

function isNamed(plugin: unknown): plugin is Named {
  return typeof plugin === "string" || (Array.isArray(plugin) && typeof plugin[0] === "string");
}

type Failed = (
  message: string,
  details?: { readonly hint?: string | undefined; readonly cause?: unknown },
) => RestoreError;

async function makePlugin(named: Named, file: string, importers: PluginImporters, failed: Failed): Promise<unknown> {
  const [name, ...given] = typeof named === "string" ? [named] : named;
  const made = await find(name, file, importers, failed);
  if (typeof made !== "function") {
    if (given.length > 0) throw failed(`${name} is a plugin, and takes no arguments`);
    return made;
  }
  try {
    return made(...given);
  } catch (cause) {
    throw failed(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function find(name: string, file: string, importers: PluginImporters, failed: Failed): Promise<unknown> {
  const { importModule, readyMade = async () => ({}) } = importers;
  const known = (await readyMade()) as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(known, name)) return known[name];
  const path = fileOf(name, file);
  if (path === undefined) {
    const meant = nearest(name, Object.keys(known));
    const install = isPath(name) ? undefined : `install the package: \`npm install ${name}\``;
    throw failed(`there is no plugin ${name}`, { hint: meant === undefined ? install : `did you mean ${meant}?` });
  }
  assertTrusted(path);
  let module: { readonly default?: unknown };
  try {
    module = await importModule(path);
  } catch (cause) {
    if (cause instanceof RestoreError) throw cause;
    throw failed(`cannot load ${name}: ${(cause as Error).message.replace(/\s+/g, " ").trim()}`, { cause });
  }
  if (module.default !== undefined) return module.default;
  throw failed(`${name} has no default export`, { hint: "it must export a plugin, or a function that makes one" });
}

function isPath(name: string): boolean {
  return /^\.{0,2}\//.test(name);
}

/** The file that a configuration names: a path relative to the configuration, or the main file of a package. Undefined if it does not exist. */
export function fileOf(name: string, from: string): string | undefined {
  if (isPath(name)) {
    const path = resolve(dirname(from), name);
    return existsSync(path) ? path : undefined;
  }
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}
