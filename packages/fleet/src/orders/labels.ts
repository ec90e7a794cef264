import { createHash } from "node:crypto";
import { RestoreError } from "@restage/core";

/** What a host is, or what an order asks of one: `zone=a`. The label `host` is the name of the host. */
export type Labels = Readonly<Record<string, string>>;

/** Reads `key=value` words. Throws ERR_OPTION. */
export function parseLabels(words: readonly string[]): Labels {
  const labels: Record<string, string> = {};
  for (const word of words) {
    const [, key, value] = /^([A-Za-z][A-Za-z0-9_.-]{0,62})=([A-Za-z0-9_.:+-]{1,128})$/.exec(word) ?? [];
    if (key === undefined || value === undefined) {
      const hint = "write KEY=VALUE, for example zone=a";
      throw new RestoreError("ERR_OPTION", `Cannot read the label ${JSON.stringify(word)}`, { hint });
    }
    labels[key] = value;
  }
  return labels;
}

/** The same text for the same labels. */
export function printLabels(labels: Labels): string {
  const words = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return words.sort().join(",");
}

/** Whether a host has all labels that an order asks for. */
export function matches(host: Labels, asked: Labels): boolean {
  return Object.entries(asked).every(([key, value]) => host[key] === value);
}

/** A name for a set of labels that can be part of a subject. */
export function queueOf(labels: Labels): string {
  return createHash("sha256").update(printLabels(labels)).digest("hex").slice(0, 16);
}
