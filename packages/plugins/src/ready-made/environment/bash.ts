import { type Changes, type Edit, stringOf } from "./edit.ts";
import { roomOfChunk } from "./glibc-chunk.ts";
import { type SavedMemory, WORD } from "./saved-memory.ts";

/** The words of a variable of bash. Source: bash, variables.h, `struct variable`. */
const VALUE = 1n;
const EXPORTSTR = 2n;
const DYNAMIC_VALUE = 3n;
const ATTRIBUTES = 5n;

const ATT_EXPORTED = 1n;

/** Changes exported variables of bash, which keeps values of its own and makes the environment of each child from them. */
export function changeBashVariables(edit: Edit, changes: Changes): void {
  const { memory } = edit;
  for (const [name, value] of changes) {
    if (value === null) {
      edit.problems.push({
        severity: "refuse",
        variable: name,
        why: "bash keeps a copy, so it cannot be removed",
        hint: "set it to an empty value",
      });
      continue;
    }
    const names = memory.find([stringOf(name)]).map(({ address }) => address);
    const variables = memory.pointersTo(names).filter(({ at }) => isVariable(memory, at, name));
    if (variables.length === 0) {
      const why = "bash has no such exported variable, and cannot be given one";
      edit.problems.push({ severity: "refuse", variable: name, why, hint: "export it before the checkpoint" });
    }
    for (const { at } of variables) {
      const old = memory.word(at + VALUE * WORD) as bigint;
      const to = edit.replaceString(old, memory.text(old) as string, value, false);
      if (to !== undefined) edit.writeWord(at + VALUE * WORD, to);
    }
  }
}

function isVariable(memory: SavedMemory, at: bigint, name: string): boolean {
  const [value, exported, dynamic, attributes] = [VALUE, EXPORTSTR, DYNAMIC_VALUE, ATTRIBUTES].map((n) =>
    memory.word(at + n * WORD),
  );
  if (value === undefined || exported === undefined || attributes === undefined || dynamic !== 0n) return false;
  if (roomOfChunk(memory, value) === undefined || memory.text(value) === undefined) return false;
  return (
    (attributes & ATT_EXPORTED) !== 0n && (exported === 0n || memory.text(exported)?.startsWith(`${name}=`) === true)
  );
}
