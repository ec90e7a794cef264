import { definePlugin, type Plugin, type Task } from "@restage/core";
import { type FoundText, findTexts, type VmaEntry, withoutOverlaps } from "@restage/images";
import { kindOf } from "../memory/mappings/format.ts";
import { readPageRuns } from "../memory/page-content.ts";
import { knownOptions } from "./known-options.ts";
import { type IfMissing, reportMissing } from "./missing.ts";

/** How `replaceText` searches, and what it writes. */
export interface ReplaceTextOptions {
  /**
   * The character that fills up a shorter replacement. The default, NUL, ends a string in C. Programs that record the length of a string (Python, Node,
   * Go, Java) see the filling as part of it: a space is often the better choice for them.
   */
  readonly padding?: string;
  /** The tasks whose memory is searched. Default: all. */
  readonly tasks?: (task: Task) => boolean;
  /** The mappings that are searched. Default: all private ones. */
  readonly mappings?: (vma: VmaEntry, task: Task) => boolean;
  /** What happens if a text is found in no task. Default: the restore is refused. */
  readonly ifMissing?: IfMissing;
}

/** A text and what takes its place, as bytes of the same length. */
interface Replacement {
  readonly name: string;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/**
 * Replaces text in the private memory of tasks before they resume: passwords, tokens, addresses. A replacement must not be longer than the text, and a
 * shorter one is filled up. Text in shared memory, in pipes and in sockets' queues stays as it is.
 *
 * A program can hold what it derived from a text, such as a hash or a parsed form. That does not change. The new text shows in `restage plan`.
 *
 * @param texts the new text for each old one.
 * @example
 * ```ts
 * plugins: [replaceText({ "token-of-the-checkpoint": "token-of-this-machine" })]
 * ```
 */
export function replaceText(texts: Readonly<Record<string, string>>, options: ReplaceTextOptions = {}): Plugin {
  const known = { padding: true, tasks: true, mappings: true, ifMissing: true } as const;
  const {
    tasks = () => true,
    mappings = () => true,
    ifMissing = "refuse",
  } = knownOptions("replaceText", options, known);
  const replacements = Object.entries(texts).map(([from, to]) => replacement(from, to, options.padding ?? "\0"));
  return definePlugin({
    name: "replace-text",
    apply({ plan, patchMemory }) {
      let found: ReadonlyMap<Task, readonly FoundText[]> = new Map();
      plan.tap("replace-text", (plan) => {
        const searched = plan.survivors.filter(tasks);
        const sought = replacements.map(({ from }) => from);
        found = new Map(
          searched.map((task) => {
            const vmas = task.mm.vmas.filter((vma) => kindOf(vma) === "private" && mappings(vma, task));
            return [task, withoutOverlaps(findTexts(vmas, readPageRuns(plan.images, task), sought), sought)];
          }),
        );
        const indexes = new Set([...found.values()].flat().map(({ index }) => index));
        const missing = replacements.filter((_, index) => !indexes.has(index)).map(({ name }) => name);
        reportMissing(plan, ifMissing, missing, "it is not in the private memory of the tasks");
      });
      patchMemory.tap("replace-text", (patch) => {
        for (const { address, index } of found.get(patch.task) ?? []) {
          patch.write(address, (replacements[index] as Replacement).to);
        }
      });
    },
  });
}

function replacement(from: string, to: string, padding: string): Replacement {
  const name = nameOf(from);
  if (from === "") throw new RangeError("Cannot replace an empty text");
  if (typeof to !== "string") throw new TypeError(`Cannot replace ${name}: its replacement is ${String(to)}`);
  const [old, filling] = [Buffer.from(from), Buffer.from(padding)];
  const bytes = Buffer.from(to);
  if (filling.length !== 1) throw new RangeError("Cannot fill up with the padding: expected one byte");
  if (bytes.length > old.length) {
    const lengths = `its replacement has ${bytes.length} bytes, and there is room for ${old.length}`;
    throw new RangeError(`Cannot replace ${name}: ${lengths}`);
  }
  const padded = Buffer.alloc(old.length, filling);
  bytes.copy(padded);
  return { name, from: old, to: padded };
}

/** The name of a text in messages, which must not reveal a secret. */
function nameOf(text: string): string {
  return text.length > 8 ? `text "${text.slice(0, 4)}…"` : `a text of ${text.length} characters`;
}
