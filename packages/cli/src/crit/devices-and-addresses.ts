import { isIPv4 } from "node:net";
import { RestoreError } from "@restage/core";

/** Bits of a minor number in the kernel's own notation. Source: include/linux/kdev_t.h. */
const MINOR_BITS = 20n;

/** A device as `major:minor`. `odev` is the notation of stat(2), `dev` the kernel's own. */
export function deviceToText(form: "dev" | "odev", value: bigint): string {
  if (form === "dev") return `${value >> MINOR_BITS}:${value & ((1n << MINOR_BITS) - 1n)}`;
  const major = ((value >> 8n) & 0xfffn) | ((value >> 32n) & ~0xfffn);
  const minor = (value & 0xffn) | ((value >> 12n) & ~0xffn & 0xffff_ffffn);
  return `${major}:${minor}`;
}

export function textToDevice(form: "dev" | "odev", text: string): bigint | undefined {
  const [, first, second] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (first === undefined || second === undefined) return undefined;
  const [major, minor] = [BigInt(first), BigInt(second)];
  if (form === "dev") return (major << MINOR_BITS) | minor;
  return (minor & 0xffn) | ((major & 0xfffn) << 8n) | ((minor & ~0xffn) << 12n) | ((major & ~0xfffn) << 32n);
}

/** An address of one (IPv4) or four words (IPv6) in network byte order. */
export function addressToText(words: readonly number[]): string {
  const bytes = new Uint8Array(Uint32Array.from(words).buffer);
  if (words.length === 1) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  return compressed(groups.map((group) => group.toString(16)).join(":"));
}

export function textToAddress(text: string): readonly number[] {
  const bytes = isIPv4(text)
    ? text.split(".").map(Number)
    : groupsOf(text).flatMap((group) => [group >> 8, group & 0xff]);
  return [...new Uint32Array(Uint8Array.from(bytes).buffer)];
}

/** URLs write IPv6 addresses in the shortest form. */
function compressed(address: string): string {
  try {
    return new URL(`http://[${address}]/`).hostname.slice(1, -1);
  } catch {
    throw new RestoreError("ERR_IMAGE", `${JSON.stringify(address)} is not an IP address`);
  }
}

function groupsOf(text: string): readonly number[] {
  const [head = "", tail] = compressed(text).split("::");
  const groups = (part: string | undefined) => (part === undefined || part === "" ? [] : part.split(":"));
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  return [...first, ...zeros, ...last].map((group) => Number.parseInt(group, 16));
}
