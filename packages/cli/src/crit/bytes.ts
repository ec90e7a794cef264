/** A line of base64 has so many characters. Source: Python's base64.encodebytes. */
const BASE64_LINE = 76;
/** The longest line of quoted-printable text. Source: RFC 2045. */
const QUOTED_LINE = 76;
const [SPACE, TAB, NEWLINE, RETURN, EQUALS, LAST_PRINTABLE] = [32, 9, 10, 13, 61, 126];

/** Base64 in lines, each with a line feed. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("base64")
    .replace(new RegExp(`.{1,${BASE64_LINE}}`, "g"), "$&\n");
}

export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** Quoted-printable text: names of Unix sockets, which can have zero bytes. */
export function toQuoted(bytes: Uint8Array): string {
  let text = "";
  let column = 0;
  for (const [index, byte] of bytes.entries()) {
    const isLast = index === bytes.length - 1;
    const isBlank = byte === SPACE || byte === TAB;
    const isPlain = isBlank ? !isLast : byte === NEWLINE || byte === RETURN || (byte > SPACE && byte <= LAST_PRINTABLE);
    const word =
      isPlain && byte !== EQUALS ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    if (column + word.length >= QUOTED_LINE && !(word.length === 1 && isLast)) {
      text += "=\n";
      column = 0;
    }
    text += word;
    column = byte === NEWLINE ? 0 : column + word.length;
  }
  return text;
}

export function fromQuoted(text: string): Uint8Array {
  const joined = text.replace(/=\n/g, "");
  const bytes = joined.replace(/=([\dA-Fa-f]{2})/g, (_quoted, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return new Uint8Array(Buffer.from(bytes, "latin1"));
}
