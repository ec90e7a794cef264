import nodeModule from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The part of `Bun` that is used; its own types come with Bun only. */
interface Bun {
  plugin(plugin: { name: string; setup(build: BunPluginBuilder): void }): void;
}
interface BunPluginBuilder {
  module(name: string, load: () => { exports: object; loader: "object" }): void;
}

interface ResolveHooks {
  resolve(specifier: string, context: unknown, next: (specifier: string, context: unknown) => unknown): unknown;
}

interface OwnModule {
  readonly url: string;
  readonly exports: object;
}

type OwnModules = ReadonlyMap<string, OwnModule>;

let prepared: Promise<OwnModules> | undefined;

/**
 * Loads a configuration or a plugin that a user wrote, in TypeScript or JavaScript. What it imports as `@restage/*`, itself
 * or by a package, are the command's own modules, the very instances: also where the user has installed others for their types.
 *
 * @param file an absolute path
 * @returns the namespace of the module
 */
export async function loadUserModule(file: string): Promise<object> {
  prepared ??= shareOwnModules();
  const own = await prepared;
  // Deno checks names before the hooks are asked, so that only jiti serves it.
  const native = "Bun" in globalThis || (!("Deno" in globalThis) && /\.[cm]?js$/.test(file));
  return (await (native ? import(pathToFileURL(file).href) : importByJiti(file, own))) as object;
}

async function shareOwnModules(): Promise<OwnModules> {
  const [core, plugins, images, linuxAbi] = await Promise.all([
    import("./core.ts"),
    import("./plugins.ts"),
    import("./images.ts"),
    import("./linux-abi.ts"),
  ]);
  // The sources lie beside this file as .ts, the built modules beside its chunk as .js.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const module = (entry: string, exports: object): OwnModule => {
    return { url: new URL(`./${entry}.${extension}`, import.meta.url).href, exports };
  };
  const own = new Map([
    ["@restage/core", module("core", core)],
    ["@restage/plugins", module("plugins", plugins)],
    ["@restage/images", module("images", images)],
    ["@restage/linux/abi", module("linux-abi", linuxAbi)],
  ]);
  const { Bun } = globalThis as { Bun?: Bun };
  if (Bun !== undefined) shareOnBun(Bun, own);
  else shareOnNode(own);
  return own;
}

function shareOnBun(bun: Bun, own: OwnModules): void {
  const setup = (build: BunPluginBuilder): void => {
    for (const [name, { exports }] of own) build.module(name, () => ({ exports, loader: "object" }));
  };
  bun.plugin({ name: "restage", setup });
}

/** Serves Deno too. */
function shareOnNode(own: OwnModules): void {
  // Node 20 has only `register`, whose hooks run in a thread of their own. Node 26 and Deno have the other one.
  const { register, registerHooks } = nodeModule as typeof nodeModule & {
    registerHooks?: (hooks: ResolveHooks) => void;
  };
  if (registerHooks !== undefined) {
    const resolve: ResolveHooks["resolve"] = (specifier, context, next) => {
      const module = own.get(specifier);
      return module === undefined ? next(specifier, context) : { url: module.url, shortCircuit: true };
    };
    registerHooks({ resolve });
    return;
  }
  const hooks = `
    let urls;
    export function initialize(data) { urls = data; }
    export function resolve(specifier, context, next) {
      const url = urls.get(specifier);
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    }`;
  const data = new Map([...own].map(([name, { url }]) => [name, url]));
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data });
}

/** What jiti hands to the runtime, the JavaScript of packages, finds the command's modules by the hooks. */
async function importByJiti(file: string, own: OwnModules): Promise<unknown> {
  const { createJiti } = await import("jiti");
  const paths = [...own].map(([name, { url, exports }]) => ({ name, path: fileURLToPath(url), exports }));
  const alias = Object.fromEntries(paths.map(({ name, path }) => [name, path]));
  const jiti = createJiti(import.meta.url, { alias, interopDefault: false, tryNative: false });
  // jiti would load a second copy of the modules that the aliases name, were they not in its cache.
  for (const { path, exports } of paths) {
    jiti.cache[path] = { id: path, filename: path, loaded: true, exports } as unknown as (typeof jiti.cache)[string];
  }
  return await jiti.import(file);
}
