import type { BinfmtMiscEntry } from "@restage/images";

/** Files of binfmt_misc that describe no format. */
export const CONTROL_FILES: readonly string[] = ["register", "status"];

/** Reads a file of binfmt_misc that describes a format. Source: entry_status of fs/binfmt_misc.c. */
export function parseFormat(name: string, text: string): BinfmtMiscEntry {
  const lines = text.split("\n");
  const field = (key: string) => lines.find((line) => line.startsWith(key))?.slice(key.length);
  const [flags, extension, magic, mask] = ["flags: ", "extension .", "magic ", "mask "].map(field);
  const offset = field("offset ");
  return {
    name,
    enabled: lines[0] === "enabled",
    interpreter: field("interpreter ") ?? "",
    ...(flags === undefined ? {} : { flags }),
    ...(extension === undefined ? {} : { extension }),
    ...(magic === undefined ? {} : { magic }),
    ...(mask === undefined ? {} : { mask }),
    ...(offset === undefined ? {} : { offset: Number(offset) }),
  };
}

/** The line that registers a format. The first character separates the fields. Source: Documentation/admin-guide/binfmt-misc.rst. */
export function printFormat({
  name,
  interpreter,
  flags = "",
  extension,
  magic,
  mask,
  offset = 0,
}: BinfmtMiscEntry): string {
  const kind =
    magic === undefined ? ["E", "", extension ?? "", ""] : ["M", String(offset), escaped(magic), escaped(mask ?? "")];
  const fields = [name, ...kind, interpreter, flags];
  const separator = [...":|;,!"].find((character) => !fields.some((field) => field.includes(character))) ?? ":";
  return separator + fields.join(separator);
}

/** The kernel shows bytes as `4142`, and takes them as `\x41\x42`. */
function escaped(bytes: string): string {
  return bytes.replace(/../g, "\\x$&");
}
