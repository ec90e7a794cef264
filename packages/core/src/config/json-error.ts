const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\n\r\t]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** The line, from 1, on which a text stops being JSON. The messages of JSON.parse have a position on some runtimes, and for some errors. */
export function lineOfJsonError(text: string): number {
  const scan = new Scan(text);
  if (scan.value()) scan.take(SPACE);
  return text.slice(0, scan.at).split("\n").length;
}

/** Reads as far as a text is JSON. */
class Scan {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Passes a token. Returns whether it was there. */
  take(token: RegExp): boolean {
    token.lastIndex = this.at;
    if (!token.test(this.#text)) return false;
    this.at = token.lastIndex;
    return true;
  }

  value(): boolean {
    this.take(SPACE);
    if (this.take(/\{/y)) return this.#list(/\}/y, () => this.take(STRING) && this.#sign(/:/y) && this.value());
    if (this.take(/\[/y)) return this.#list(/\]/y, () => this.value());
    return this.take(STRING) || this.take(SCALAR);
  }

  #list(end: RegExp, element: () => boolean): boolean {
    if (this.#sign(end)) return true;
    do {
      this.take(SPACE);
      if (!element()) return false;
    } while (this.#sign(/,/y));
    return this.#sign(end);
  }

  #sign(sign: RegExp): boolean {
    this.take(SPACE);
    return this.take(sign);
  }
}
