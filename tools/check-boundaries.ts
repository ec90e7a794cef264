/**
 * Checks who imports whom: `images, linux <- core <- plugins <- cli`. Run by `npm run ok`, or alone by
 * `npx jiti tools/check-boundaries.ts`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** What each package may import: of itself and of the workspace. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  images: [],
  linux: [],
  core: ["images", "linux"],
  plugins: ["images", "linux", "core"],
  cli: ["images", "linux", "core", "plugins"],
};

/** Packages that get types of linux, and its entry point `./abi`, but nothing that acts. */
const WITHOUT_SYSTEM = ["core", "plugins"];

const FOREIGN_FUNCTIONS = ["koffi", "bun:ffi"];
const FFI_RULE = "only packages/linux/src/**/*.ffi.ts may use a foreign function interface";

/** Texts by path: `packages/<package>/src/…`, with slashes. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Whether nothing is left of it at run time. */
  readonly typeOnly: boolean;
}

/** @returns a line for each violation: `path:line: what is wrong` */
export function checkBoundaries(sources: Sources): string[] {
  const violations: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of sources) {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const imports = importsOf(source);
    for (const each of imports) {
      const violation = violationOf(path, each, sources);
      if (violation !== undefined) violations.push(`${path}:${each.line}: ${violation}`);
    }
    const line = lineOfDlopen(source);
    if (line !== undefined && !mayUseForeignFunctions(path)) violations.push(`${path}:${line}: ${FFI_RULE}`);
    const needed = imports.filter(({ specifier, typeOnly }) => specifier.startsWith(".") && !typeOnly);
    graph.set(
      path,
      needed.map(({ specifier }) => resolveRelative(path, specifier)),
    );
  }
  return [...violations, ...cyclesOf(graph).map((cycle) => `${cycle[0]}:1: imports itself: ${cycle.join(" -> ")}`)];
}

function violationOf(path: string, { specifier, typeOnly }: Import, sources: Sources): string | undefined {
  const own = packageOf(path);
  if (specifier.startsWith(".")) {
    const target = resolveRelative(path, specifier);
    if (!target.startsWith(`packages/${own}/src/`)) return `${specifier} is outside of the package's sources`;
    return sources.has(target) ? undefined : `${specifier} is not there`;
  }
  if (FOREIGN_FUNCTIONS.includes(specifier)) return mayUseForeignFunctions(path) ? undefined : FFI_RULE;
  if (specifier === "restage" || specifier.startsWith("restage/")) return `${own} may not import the command`;
  const [, other, entry] = /^@restage\/([^/]+)(\/.*)?$/.exec(specifier) ?? [];
  if (other === undefined) return undefined;
  if (other === own) return `a package imports its own files by their path, not as ${specifier}`;
  if (ALLOWED[own]?.includes(other) !== true) return `${own} may not import ${other}`;
  if (other !== "linux" || !WITHOUT_SYSTEM.includes(own) || entry === "/abi" || typeOnly) return undefined;
  return `${own} may import only types from ${specifier}, values from @restage/linux/abi`;
}

function mayUseForeignFunctions(path: string): boolean {
  return packageOf(path) === "linux" && path.endsWith(".ffi.ts");
}

function packageOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function resolveRelative(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

function importsOf(source: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (literal: ts.Expression | undefined, typeOnly: boolean): void => {
    if (literal === undefined || !ts.isStringLiteralLike(literal)) return;
    imports.push({ specifier: literal.text, line: lineOf(source, literal), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyImport(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && isImportOrRequire(node)) add(node.arguments[0], false);
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

/** A cycle for each way back. Those of types alone are no harm: nothing is left of them at run time. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.push([...trail.slice(start), path]);
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return cycles;
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
