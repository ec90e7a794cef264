import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { item, wrap } from "./markdown.ts";

const core = join(import.meta.dirname, "../packages/core/src");

/** The types of what taps get, and their files. */
const TYPES: readonly (readonly [name: string, file: string])[] = [
  ["Plan", "restore/plan.ts"],
  ["StageContext", "restore/stage-context.ts"],
  ["Tree", "restore/tree.ts"],
  ["Task", "restore/task.ts"],
  ["Thread", "restore/task.ts"],
  ["ProgramTarget", "program/program-target.ts"],
  ["MemoryPatch", "restore/memory-patch.ts"],
  ["EntryPlace", "restore/entry-kinds.ts"],
  ["DumpContext", "dump/dump-context.ts"],
  ["SeizedTree", "dump/seized-tree.ts"],
  ["SeizedTask", "dump/seized-task.ts"],
  ["SeizedThread", "dump/seized-task.ts"],
  ["OpenFile", "dump/open-file.ts"],
];

/** One section for each type of what taps get: its public members, with their types and docs. */
export function typesOfTaps(): readonly string[] {
  return TYPES.map(([name, file]) => {
    const source = ts.createSourceFile(file, readFileSync(join(core, file), "utf8"), ts.ScriptTarget.Latest, true);
    const found = source.statements.find(
      (statement) =>
        (ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) && statement.name?.text === name,
    ) as ts.ClassDeclaration | ts.InterfaceDeclaration | undefined;
    if (found === undefined) throw new Error(`${file} has no type ${name}`);
    const parent = found.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
    const also = parent === undefined ? [] : [item(`everything of \`${parent.getText()}\``)];
    const members = [...found.members].flatMap((member) => lineOf(member));
    const docs = docsOf(found);
    return [`### \`${name}\``, ...(docs === "" ? [] : [wrap(docs)]), [...members, ...also].join("\n")].join("\n\n");
  });
}

/** A member that plugins can use, as an item of a list. */
function lineOf(member: ts.ClassElement | ts.TypeElement): readonly string[] {
  if (member.name === undefined || ts.isPrivateIdentifier(member.name) || ts.isSetAccessor(member)) return [];
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Static;
  if ((ts.getCombinedModifierFlags(member as ts.Declaration) & hidden) !== 0) return [];
  const docs = docsOf(member);
  return [item(`\`${signatureOf(member, member.name.getText())}\`${docs === "" ? "" : `: ${docs}`}`)];
}

function signatureOf(member: ts.ClassElement | ts.TypeElement, name: string): string {
  const { type } = member as { readonly type?: ts.TypeNode };
  const isMethod = ts.isMethodDeclaration(member) || ts.isMethodSignature(member);
  const parameters = isMethod ? `(${member.parameters.map((parameter) => parameter.getText()).join(", ")})` : "";
  return `${name}${parameters}${type === undefined ? "" : `: ${type.getText()}`}`.replace(/\s+/g, " ");
}

/** The docs of a declaration on one line, without tags. */
function docsOf(node: ts.Node): string {
  const [docs] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  return (ts.getTextOfJSDocComment(docs?.comment) ?? "").replace(/\s+/g, " ").trim();
}
