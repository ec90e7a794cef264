import { definePlugin, type MemoryPatch, type Plugin } from "@restage/core";

const PAGE = 4096;

/** Replaces text in the memory of every task before it resumes: in its environment, in its variables. A replacement must not be longer. */
export function replaceText(texts: Readonly<Record<string, string>>): Plugin {
  return definePlugin({
    name: "replace-text",
    apply({ patchMemory }) {
      patchMemory.tap("replace-text", (patch) => {
        for (const [from, to] of Object.entries(texts)) {
          if (to.length > from.length) throw new RangeError(`"${to}" is longer than what it replaces`);
          // The rest is filled with zeros, which end a string in C.
          const bytes = Buffer.alloc(from.length);
          bytes.write(to);
          for (const address of find(patch, Buffer.from(from))) patch.write(address, bytes);
        }
      });
    },
  });
}

/** The addresses of a text in pages that the images contain. A text that crosses the end of a page is not found. */
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
