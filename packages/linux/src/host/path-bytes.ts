import { Buffer } from "node:buffer";

/** What a byte that is not part of valid UTF-8 stands for in a path, less the byte: see the text of images. */
const ESCAPE = 0xdc00;

/** A path as the runtime's file functions take it: bytes, where it has some that are no text. Deno's do not find such a file. */
export function pathBytes(path: string): string | Buffer {
  if (!/[\udc80-\udcff]/.test(path)) return path;
  const parts = [...path].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > ESCAPE && code <= ESCAPE + 0xff ? Buffer.of(code - ESCAPE) : Buffer.from(character);
  });
  return Buffer.concat(parts);
}
