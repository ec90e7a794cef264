import { readFileSync } from "node:fs";
import { RestoreError } from "@restage/core";
import { assertTrusted } from "@restage/core/internal";

/** The extensions of Restage's own configurations. */
const OWN = /\.([cm]?[jt]s|json)$/;

/** Whether a configuration is written for CRIU. */
export function isCriuConfig(path: string): boolean {
  return !OWN.test(path);
}

/**
 * Reads a configuration of CRIU: on each line an option and its value, without dashes; `#` starts a comment, and a value can be quoted. Returns the words
 * that a command line would have. Source: criu(8), "CONFIGURATION FILES".
 *
 * Throws ERR_CONFIG.
 */
export function readCriuConfig(path: string): readonly string[] {
  assertTrusted(path);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new RestoreError("ERR_CONFIG", `Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  return text.split("\n").flatMap((line, index) => {
    const words = [...line.replace(/(^|\s)#.*$/, "").matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(
      ([word, quoted]) => quoted?.replace(/\\(.)/g, "$1") ?? word,
    );
    const [name, value, ...more] = words;
    if (name === undefined) return [];
    if (more.length > 0) {
      const hint =
        "each line has an option of CRIU and its value; the name of a Restage configuration ends in .ts, .js or .json";
      throw new RestoreError("ERR_CONFIG", `Cannot read ${path}: line ${index + 1} has more than two words`, { hint });
    }
    return [value === undefined ? `--${name}` : `--${name}=${value}`];
  });
}
