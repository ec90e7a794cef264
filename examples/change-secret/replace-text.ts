import { definePlugin, type MemoryPatch, type Plugin } from "@restage/core";

const PAGE = 4096;

/** Text in the memory of every task is replaced before it resumes, wherever it is: in the environment, in variables. Texts may not get longer. */
export function replaceText(texts: Readonly<Record<string, string>>): Plugin {
  return definePlugin({
    name: "replace-text",
    apply({ patchMemory }) {
      patchMemory.tap("replace-text", (patch) => {
        for (const [from, to] of Object.entries(texts)) {
          if (to.length > from.length) throw new RangeError(`"${to}" is longer than what it replaces`);
          // The rest of the room is filled with zeros, which end a text of C.
          const bytes = Buffer.alloc(from.length);
          bytes.write(to);
          for (const address of find(patch, Buffer.from(from))) patch.write(address, bytes);
        }
      });
    },
  });
}

/** Where a text is. Pages without content in the images have none; a text over the end of a page is not found. */
function* find(patch: MemoryPatch, text: Buffer): Generator<bigint> {
  for (const { start, end } of patch.task.mm.vmas) {
    for (let page = start; page < end; page += BigInt(PAGE)) {
      const content = patch.read(page, PAGE);
      if (content === undefined) continue;
      const bytes = Buffer.from(content);
      for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) yield page + BigInt(at);
    }
  }
}
