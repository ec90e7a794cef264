import { mkdirSync } from "node:fs";
import nodeModule from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { assertTrusted, whyUntrusted } from "@restage/core/internal";

/** The part of `Bun` that is used here; its own types come only with Bun. */
interface Bun {
  resolveSync(specifier: string, directory: string): string;
  plugin(plugin: { name: string; setup(build: BunPluginBuilder): void }): void;
}
interface BunPluginBuilder {
  module(name: string, load: () => { exports: object; loader: "object" }): void;
  onResolve(
    of: { readonly filter: RegExp },
    resolve: (wanted: { readonly path: string; readonly importer: string }) => undefined,
  ): void;
}

interface ResolveHooks {
  resolve(
    specifier: string,
    context: unknown,
    next: (specifier: string, context: unknown) => { readonly url: string },
  ): { readonly url: string; readonly shortCircuit?: boolean };
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
    // Resolving calls this hook again.
    let resolving = false;
    build.onResolve({ filter: /./ }, ({ path, importer }) => {
      if (resolving || Object.hasOwn(own, path)) return undefined;
      resolving = true;
      try {
        const file = bun.resolveSync(path, dirname(importer));
        if (file.startsWith("/")) assertUsable(file);
      } finally {
        resolving = false;
      }
      return undefined;
    });
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
  checkRequired();
  // Node 20 has only `register`, whose hooks run in their own thread. Node 26 and Deno have only `registerHooks`.
  const { register, registerHooks } = nodeModule as typeof nodeModule & {
    registerHooks?: (hooks: ResolveHooks) => void;
  };
  if (registerHooks !== undefined) {
    const resolve: ResolveHooks["resolve"] = (specifier, context, next) => {
      const url = urls[specifier];
      if (url !== undefined) return { url, shortCircuit: true };
      const found = next(specifier, context);
      if (found.url.startsWith("file:")) assertUsable(fileURLToPath(found.url));
      return found;
    };
    registerHooks({ resolve });
    return;
  }
  const hooks = `
    import { fileURLToPath } from "node:url";
    import { whyUntrusted } from "${pathToFileURL(join(HERE, "why-untrusted.mjs"))}";
    let urls, installation;
    export function initialize(data) { ({ urls, installation } = data); }
    export async function resolve(specifier, context, next) {
      const url = urls[specifier];
      if (url !== undefined) return { url, shortCircuit: true };
      const found = await next(specifier, context);
      if (!found.url.startsWith("file:")) return found;
      const file = fileURLToPath(found.url);
      const distrust = installation.some((directory) => file.startsWith(directory)) ? undefined : whyUntrusted(file);
      if (distrust === undefined) return found;
      throw new Error(\`\${file} must not be used: \${distrust.path} \${distrust.why}; \${distrust.hint}\`);
    }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: { urls, installation: INSTALLATION } });
}

const HERE = dirname(fileURLToPath(import.meta.url));

/** Where the command and its packages are: what is there runs already. */
const INSTALLATION: readonly string[] = [`${HERE}/`, ...packageDirectories()];

/** `node_modules` with the packages of the command: the executable has none. */
function packageDirectories(): readonly string[] {
  try {
    const jiti = nodeModule.createRequire(import.meta.url).resolve("jiti");
    return [jiti.replace(/(?<=\/node_modules\/).*/s, "")];
  } catch {
    return [];
  }
}

/** Throws ERR_CONFIG if a module must not be run. */
function assertUsable(file: string): void {
  if (!INSTALLATION.some((directory) => file.startsWith(directory))) assertTrusted(file);
}

/** Checks modules that are required, which hooks of imports do not see everywhere. */
function checkRequired(): void {
  const loaders = nodeModule as unknown as { _extensions: Record<string, (module: object, file: string) => void> };
  for (const [extension, load] of Object.entries(loaders._extensions)) {
    loaders._extensions[extension] = (module, file) => {
      assertUsable(file);
      load(module, file);
    };
  }
}

/** JavaScript of packages, which jiti leaves to the runtime, finds the command's modules through the hooks. */
async function importByJiti(file: string, own: OwnModules): Promise<unknown> {
  const { createJiti } = await import("jiti");
  const options = { virtualModules: own, interopDefault: false, tryNative: false };
  const compiler = createJiti(import.meta.url, { ...options, fsCache: cacheDirectory() });
  // The compiler does not run for modules in its cache, so another one checks them first.
  const jiti = createJiti(import.meta.url, {
    ...options,
    fsCache: false,
    transform: ({ filename = "", ...source }) => {
      assertUsable(filename);
      return { code: compiler.transform({ filename, ...source }) };
    },
  });
  return await jiti.import(file);
}

/** The directory of compiled configurations. jiti's own is in /tmp, where others can place code. None if others can write to this one too. */
function cacheDirectory(): string | false {
  const directory = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "restage");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return whyUntrusted(directory) === undefined && directory;
  } catch {
    return false;
  }
}
