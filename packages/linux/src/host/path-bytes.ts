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

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of the kernel, such as a name in /proc: each byte that is not valid UTF-8 becomes the code unit that `pathBytes` and the image codec know. */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  if (!text.includes("\ufffd")) return text;
  let decoded = "";
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((length) => isText(bytes.subarray(at, at + length)));
    decoded +=
      length === undefined
        ? String.fromCharCode(ESCAPE + (bytes[at] ?? 0))
        : strict.decode(bytes.subarray(at, at + length));
    at += length ?? 1;
  }
  return decoded;
}

function isText(bytes: Uint8Array): boolean {
  try {
    return strict.decode(bytes).length > 0;
  } catch {
    return false;
  }
}
