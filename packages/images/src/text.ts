/**
 * Text in images. CRIU stores file names, command names and other strings as the kernel reported them: any bytes, usually UTF-8.
 * Encoding must reproduce them exactly. A byte that is not part of valid UTF-8 therefore decodes to a lone surrogate, U+DC80 to
 * U+DCFF, as with Python's `surrogateescape`, and encodes to the same byte again.
 *
 * @module
 */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Decodes text of an image. Every byte can be recovered with {@link encodeText}. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeEscaped(bytes);
  }
}

/** Encodes text to the bytes that it was decoded from. Use it for paths that are passed to system calls. */
export function encodeText(text: string): Uint8Array {
  const escapes = countEscapes(text);
  if (escapes === 0) return encoder.encode(text);
  const chunks: Uint8Array[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (!isEscape(text, i)) continue;
    chunks.push(encoder.encode(text.slice(from, i)), Uint8Array.of(text.charCodeAt(i) - 0xdc00));
    from = i + 1;
  }
  chunks.push(encoder.encode(text.slice(from)));
  return concatBytes(chunks);
}

/** Concatenates byte arrays into a new one. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const joined = new Uint8Array(length);
  let position = 0;
  for (const chunk of chunks) {
    joined.set(chunk, position);
    position += chunk.length;
  }
  return joined;
}

function decodeEscaped(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + bytes[i]!);
      i++;
    } else {
      text += strict.decode(bytes.subarray(i, i + length));
      i += length;
    }
  }
  return text;
}

/** The length of the valid UTF-8 sequence at a position; 0 if there is none. */
function sequenceLength(bytes: Uint8Array, start: number): number {
  const lead = bytes[start]!;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (start + length > bytes.length) return 0;
  try {
    strict.decode(bytes.subarray(start, start + length));
    return length;
  } catch {
    return 0;
  }
}

function countEscapes(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (isEscape(text, i)) count++;
  return count;
}

function isEscape(text: string, i: number): boolean {
  const unit = text.charCodeAt(i);
  if (unit < 0xdc80 || unit > 0xdcff) return false;
  const before = i === 0 ? 0 : text.charCodeAt(i - 1);
  return before < 0xd800 || before > 0xdbff;
}
