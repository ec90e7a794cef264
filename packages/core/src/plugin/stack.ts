/** The frames of a stack, one line each, without the message before them. */
export function framesOf(stack: string | undefined): readonly string[] {
  return (stack ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => FRAME.test(line));
}

/**
 * The file and line of the first frame that belongs to a plugin: neither to the framework nor to the runtime. Without such a frame, that of the
 * framework's own plugins.
 *
 * V8 (Node, Deno) and JavaScriptCore (Bun) write the frame as `at name (file:line:column)`, with or without a name; files are paths or URLs.
 */
export function placeInPlugin(stack: string | undefined): string | undefined {
  const places = framesOf(stack).flatMap((frame) => placeOf(frame) ?? []);
  const found = places.find(({ file }) => !isOfFramework(file)) ?? places.find(({ file }) => isOfPlugins(file));
  return found === undefined ? undefined : `${found.file}:${found.line}`;
}

const FRAME = /^at .*:\d+:\d+\)?$/;
const PLACE = /^at (?:.*\()?(?:file:\/\/)?(\/.*?):(\d+):\d+\)?$/;
const NODE_PACKAGES = /\/node_modules\/(tapable|jiti|@restage\/(core|linux|images|plugins|cli))\//;

function placeOf(frame: string): { readonly file: string; readonly line: string } | undefined {
  const [, file, line] = PLACE.exec(frame) ?? [];
  return file === undefined || line === undefined ? undefined : { file: decode(file), line };
}

/** Of a URL; a path that is none can contain a percent sign. */
function decode(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** The directory with this framework's code: `dist` of the built command or package, `packages` of the sources, Bun's `/$bunfs/` in an executable. */
let own: string | undefined;

function ownDirectory(): string {
  if (own !== undefined) return own;
  const file = framesOf(new Error().stack).flatMap((frame) => placeOf(frame)?.file ?? [])[0] ?? "";
  const [, packages, built] = /^(.*\/)core\/src\/plugin\/|^(\/\$bunfs\/|.*\/dist\/)/.exec(file) ?? [];
  own = packages ?? built ?? "\0";
  return own;
}

function isOfFramework(file: string): boolean {
  if (NODE_PACKAGES.test(file)) return true;
  const directory = ownDirectory();
  if (!file.startsWith(directory)) return false;
  return (
    !directory.endsWith("/packages/") || /^(core|linux|images|plugins|cli)\/src\//.test(file.slice(directory.length))
  );
}

function isOfPlugins(file: string): boolean {
  return file.startsWith(ownDirectory()) && !/^(core|linux|images)\/src\//.test(file.slice(ownDirectory().length));
}
