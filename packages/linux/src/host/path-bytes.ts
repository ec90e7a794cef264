import { Buffer } from "node:buffer";

/** Added to a byte that is not valid UTF-8, it gives the code unit for that byte in a path. The image codec uses the same escape. */
const ESCAPE = 0xdc00;

/** A path for the runtime's file functions: bytes where it is not valid UTF-8. Deno cannot open such a file. */
export function pathBytes(path: string): string | Buffer {
  if (!/[\udc80-\udcff]/.test(path)) return path;
  const parts = [...path].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > ESCAPE && code <= ESCAPE + 0xff ? Buffer.of(code - ESCAPE) : Buffer.from(character);
  });
  return Buffer.concat(parts);
}
