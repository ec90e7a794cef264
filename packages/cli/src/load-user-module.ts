import nodeModule from "node:module";
import { pathToFileURL } from "node:url";

/** The part of `Bun` that is used here; its own types come only with Bun. */
interface Bun {
  plugin(plugin: { name: string; setup(build: BunPluginBuilder): void }): void;
}
interface BunPluginBuilder {
  module(name: string, load: () => { exports: object; loader: "object" }): void;
}

interface ResolveHooks {
  resolve(specifier: string, context: unknown, next: (specifier: string, context: unknown) => unknown): unknown;
}

/** The exports of modules, by name. */
type OwnModules = Readonly<Record<string, object>>;

let prepared: Promise<OwnModules> | undefined;

/**
 * Loads a configuration or a plugin that a user wrote, in TypeScript or JavaScript. Its imports of `@restage/*`, direct or through a package, resolve to
 * the command's own modules, even if the user has installed others for their types.
 *
 * @param file an absolute path
 * @returns the namespace of the module
 */
export async function loadUserModule(file: string): Promise<object> {
  prepared ??= shareOwnModules();
  const own = await prepared;
  return (await ("Bun" in globalThis ? importOnBun(pathToFileURL(file).href) : importByJiti(file, own))) as object;
}

/** The build would turn a plain `import` into a `require`. */
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

/** Works on Deno too. */
function shareOnNode(own: OwnModules): void {
  const shared = Symbol.for("restage.modules");
  Object.assign(globalThis, { [shared]: own });
  // A synthetic module for each name, whose text takes its exports from there.
  const urls = Object.fromEntries(
    Object.entries(own).map(([name, exports]) => {
      const names = Object.keys(exports).join(", ");
      const text = `export const { ${names} } = globalThis[Symbol.for("${shared.description}")]["${name}"];`;
      return [name, `data:text/javascript,${encodeURIComponent(text)}`];
    }),
  );
  // Node 20 has only `register`, whose hooks run in their own thread. Node 26 and Deno have only `registerHooks`.
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

/** JavaScript of packages, which jiti leaves to the runtime, finds the command's modules through the hooks. */
async function importByJiti(file: string, own: OwnModules): Promise<unknown> {
  const { createJiti } = await import("jiti");
  const jiti = createJiti(import.meta.url, { virtualModules: own, interopDefault: false, tryNative: false });
  return await jiti.import(file);
}
