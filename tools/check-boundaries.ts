/**
 * Checks the imports of all packages. Run by `npm run ok`, or alone by `npx jiti tools/check-boundaries.ts`. The rules:
 *
 * - Packages import in one direction: `images, linux <- core <- plugins <- cli`, and `images, core <- fleet`. The command knows only types of `fleet`, which
 *   is optional.
 * - Only `*.ffi.ts` files of `linux` use a foreign function interface.
 * - Files do not import each other in a circle at run time. With types included, circles are only allowed inside one folder.
 * - A restore loads no code of checkpoints, and a checkpoint no code of restores.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The packages of the workspace that each package can import. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  images: [],
  linux: [],
  core: ["images", "linux"],
  plugins: ["images", "linux", "core"],
  fleet: ["images", "core"],
  cli: ["images", "linux", "core", "plugins", "fleet"],
};

/** Packages that can import only types from linux, and values from its entry point `./abi`. */
const WITHOUT_SYSTEM = ["core", "plugins"];

/** The exception: a test can restore on this machine with one call. */
const OPENS_SYSTEM = "packages/plugins/src/testing/restore-for-test.ts";

/** The package that is loaded only if the user has installed it. */
const OPTIONAL = "fleet";

const FOREIGN_FUNCTIONS = ["koffi", "bun:ffi"];
const FFI_RULE = "only packages/linux/src/**/*.ffi.ts may use a foreign function interface";

/** The two directions of the framework: the entry point of each, and the files that belong to it alone. */
const DIRECTIONS = [
  { name: "a restore", entry: "packages/plugins/src/mod.ts", room: "restore.ts", core: "packages/core/src/restore/" },
  { name: "a checkpoint", entry: "packages/plugins/src/dump.ts", room: "dump.ts", core: "packages/core/src/dump/" },
] as const;

/** Files of one direction that the other loads too: tables of names for hooks and config. */
const SHARED: readonly string[] = ["packages/core/src/restore/stages.ts", "packages/core/src/dump/phases.ts"];

/** Texts by path: `packages/<package>/src/…`, with slashes. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Whether it disappears when types are removed. */
  readonly typeOnly: boolean;
  /** `import()`: loaded when the call runs, not with the file. */
  readonly deferred: boolean;
}

/** Paths of the files that each file imports. */
type Graph = ReadonlyMap<string, readonly string[]>;

/** @returns a line for each violation: `path:line: what is wrong` */
export function checkBoundaries(sources: Sources): string[] {
  const violations: string[] = [];
  const imports = new Map<string, readonly Import[]>();
  for (const [path, text] of sources) {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const found = importsOf(source);
    imports.set(path, found);
    for (const each of found) {
      const violation = violationOf(path, each, sources);
      if (violation !== undefined) violations.push(`${path}:${each.line}: ${violation}`);
    }
    const line = lineOfDlopen(source);
    if (line !== undefined && !mayUseForeignFunctions(path)) violations.push(`${path}:${line}: ${FFI_RULE}`);
  }
  const graphOf = (isMeant: (each: Import) => boolean): Graph =>
    new Map(
      [...imports].map(([path, all]) => {
        const targets = all.filter(isMeant).map(({ specifier }) => resolve(path, specifier, sources));
        return [path, targets.filter((target) => target !== undefined)] as const;
      }),
    );
  const needed = circlesOf(graphOf(({ typeOnly }) => !typeOnly));
  const named = circlesOf(graphOf(() => true)).filter(isAcrossFolders);
  return [
    ...violations,
    ...new Set([...needed, ...named].map(circleViolation)),
    ...directionViolations(graphOf(({ typeOnly, deferred }) => !typeOnly && !deferred)),
  ];
}

/** Lists files of one direction that the entry point of the other one loads. */
function directionViolations(loaded: Graph): string[] {
  const [restore, dump] = DIRECTIONS;
  return [
    [restore, dump],
    [dump, restore],
  ].flatMap(([direction, other]) => {
    if (direction === undefined || other === undefined) return [];
    const trails = trailsFrom(direction.entry, loaded);
    return [...trails].flatMap(([path, trail]) => {
      const isOthers = posix.basename(path) === other.room || path.startsWith(other.core);
      if (!isOthers || path === direction.entry || SHARED.includes(path)) return [];
      return `${path}:1: ${direction.name} loads it: ${trail.join(" -> ")}`;
    });
  });
}

/** Finds every file that a file loads, with the imports that lead to it. */
function trailsFrom(entry: string, graph: Graph): ReadonlyMap<string, readonly string[]> {
  const trails = new Map<string, readonly string[]>([[entry, [entry]]]);
  for (const [path, trail] of trails) {
    for (const target of graph.get(path) ?? []) if (!trails.has(target)) trails.set(target, [...trail, target]);
  }
  return trails;
}

function violationOf(path: string, { specifier, typeOnly }: Import, sources: Sources): string | undefined {
  const own = packageOf(path);
  if (specifier.startsWith(".")) {
    const target = resolveRelative(path, specifier);
    if (!target.startsWith(`packages/${own}/src/`)) return `${specifier} is outside of the package's sources`;
    return sources.has(target) ? undefined : `${specifier} does not exist`;
  }
  if (FOREIGN_FUNCTIONS.includes(specifier)) return mayUseForeignFunctions(path) ? undefined : FFI_RULE;
  if (specifier === "restage" || specifier.startsWith("restage/")) return `${own} must not import the command`;
  const [, other, entry] = /^@restage\/([^/]+)(\/.*)?$/.exec(specifier) ?? [];
  if (other === undefined) return undefined;
  if (other === own) return `a package imports its own files by their path, not as ${specifier}`;
  if (ALLOWED[own]?.includes(other) !== true) return `${own} must not import ${other}`;
  if (path === OPENS_SYSTEM) return undefined;
  if (other === OPTIONAL && !typeOnly) return `only types may be imported from ${specifier}, which is optional`;
  if (other !== "linux" || !WITHOUT_SYSTEM.includes(own) || entry === "/abi" || typeOnly) return undefined;
  return `${own} may import only types from ${specifier}, values from @restage/linux/abi`;
}

function mayUseForeignFunctions(path: string): boolean {
  return packageOf(path) === "linux" && path.endsWith(".ffi.ts");
}

function packageOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** The file that an import leads to, also in another package; undefined for foreign packages. */
function resolve(path: string, specifier: string, sources: Sources): string | undefined {
  if (specifier.startsWith(".")) return resolveRelative(path, specifier);
  const [, other, entry = ""] = /^@restage\/([^/]+)(\/.*)?$/.exec(specifier) ?? [];
  const candidates = [`packages/${other}/src${entry}.ts`, `packages/${other}/src${entry}/mod.ts`];
  return candidates.find((candidate) => sources.has(candidate));
}

function resolveRelative(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

function importsOf(source: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (literal: ts.Expression | undefined, typeOnly: boolean, deferred = false): void => {
    if (literal === undefined || !ts.isStringLiteralLike(literal)) return;
    imports.push({ specifier: literal.text, line: lineOf(source, literal), typeOnly, deferred });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyImport(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && isImportOrRequire(node)) add(node.arguments[0], false, true);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal as ts.Expression, true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

function isTypeOnlyImport({ importClause }: ts.ImportDeclaration): boolean {
  // `import { type A } from "a"` still runs the module.
  return importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function isImportOrRequire({ expression }: ts.CallExpression): boolean {
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(expression) && expression.text === "require";
}

/** The first use of `Deno.dlopen` or a `dlopen` of anything else. */
function lineOfDlopen(source: ts.SourceFile): number | undefined {
  const visit = (node: ts.Node): ts.Node | undefined => {
    if (ts.isPropertyAccessExpression(node) && node.name.text === "dlopen") return node;
    return ts.forEachChild(node, visit);
  };
  const found = visit(source);
  return found && lineOf(source, found);
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

/** Groups of files that all import each other, directly or through others. Source: Tarjan, Depth-First Search and Linear Graph Algorithms. */
function circlesOf(graph: Graph): (readonly string[])[] {
  const circles: (readonly string[])[] = [];
  const numbers = new Map<string, number>();
  const open: string[] = [];
  const visit = (path: string): number => {
    const number = numbers.size;
    numbers.set(path, number);
    open.push(path);
    let low = number;
    for (const target of graph.get(path) ?? []) {
      if (!numbers.has(target)) low = Math.min(low, visit(target));
      else if (open.includes(target)) low = Math.min(low, numbers.get(target) ?? low);
    }
    if (low === number) {
      const circle = open.splice(open.indexOf(path));
      if (circle.length > 1 || graph.get(path)?.includes(path) === true) circles.push(circle);
    }
    return low;
  };
  for (const path of graph.keys()) if (!numbers.has(path)) visit(path);
  return circles;
}

function isAcrossFolders(circle: readonly string[]): boolean {
  return new Set(circle.map((path) => posix.dirname(path))).size > 1;
}

function circleViolation(circle: readonly string[]): string {
  const [first = "", ...others] = [...circle].sort();
  return `${first}:1: imports itself, by way of ${others.length === 0 ? "nothing else" : others.join(", ")}`;
}

export function readSources(root: string): Map<string, string> {
  const sources = new Map<string, string>();
  for (const name of Object.keys(ALLOWED)) {
    const folder = posix.join("packages", name, "src");
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (file.endsWith(".ts")) sources.set(posix.join(folder, file), readFileSync(join(root, folder, file), "utf8"));
    }
  }
  return sources;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sources = readSources(dirname(dirname(fileURLToPath(import.meta.url))));
  const violations = checkBoundaries(sources);
  for (const violation of violations) console.error(violation);
  console.log(`import boundaries: ${sources.size} files, ${violations.length} violations`);
  if (violations.length > 0) process.exitCode = 1;
}
