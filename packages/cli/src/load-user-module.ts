import nodeModule from "node:module";
import { pathToFileURL } from "node:url";

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

/** By name, what they export. */
type OwnModules = Readonly<Record<string, object>>;

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
  return (await ("Bun" in globalThis ? importOnBun(pathToFileURL(file).href) : importByJiti(file, own))) as object;
}

/** The build would make a `require` of a plain `import`. */
const importOnBun = new Function("url", "return import(url)") as (url: string) => Promise<object>;

async function shareOwnModules(): Promise<OwnModules> {
  const [core, plugins, dumpPlugins, images, linuxAbi] = await Promise.all([
    import("@restage/core"),
    import("@restage/plugins"),
    import("@restage/plugins/dump"),
    import("@restage/images"),
    import("@restage/linux/abi"),
  ]);
  const own = {
    "@restage/core": core,
    "@restage/plugins": plugins,
    "@restage/plugins/dump": dumpPlugins,
    "@restage/images": images,
    "@restage/linux/abi": linuxAbi,
  };
  const { Bun } = globalThis as { Bun?: Bun };
  if (Bun !== undefined) shareOnBun(Bun, own);
  else shareOnNode(own);
  return own;
}

function shareOnBun(bun: Bun, own: OwnModules): void {
  const setup = (build: BunPluginBuilder): void => {
    for (const [name, exports] of Object.entries(own)) build.module(name, () => ({ exports, loader: "object" }));
  };
  bun.plugin({ name: "restage", setup });
}

/** Serves Deno too. */
function shareOnNode(own: OwnModules): void {
  const shared = Symbol.for("restage.modules");
  Object.assign(globalThis, { [shared]: own });
  // A module by each name, whose text takes what it exports from there.
  const urls = Object.fromEntries(
    Object.entries(own).map(([name, exports]) => {
      const names = Object.keys(exports).join(", ");
      const text = `export const { ${names} } = globalThis[Symbol.for("${shared.description}")]["${name}"];`;
      return [name, `data:text/javascript,${encodeURIComponent(text)}`];
    }),
  );
  // Node 20 has only `register`, whose hooks run in a thread of their own. Node 26 and Deno have the other one.
  const { register, registerHooks } = nodeModule as typeof nodeModule & {
    registerHooks?: (hooks: ResolveHooks) => void;
  };
  if (registerHooks !== undefined) {
    const resolve: ResolveHooks["resolve"] = (specifier, context, next) => {
      const url = urls[specifier];
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    };
    registerHooks({ resolve });
    return;
  }
  const hooks = `
    let urls;
    export function initialize(data) { urls = data; }
    export function resolve(specifier, context, next) {
      const url = urls[specifier];
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: urls });
}

/** What jiti hands to the runtime, the JavaScript of packages, finds the command's modules by the hooks. */
async function importByJiti(file: string, own: OwnModules): Promise<unknown> {
  const { createJiti } = await import("jiti");
  const jiti = createJiti(import.meta.url, { virtualModules: own, interopDefault: false, tryNative: false });
  return await jiti.import(file);
}
