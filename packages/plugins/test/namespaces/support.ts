import type { DumpTest, ProcessInvention } from "@restage/core/testing";
import { objectIds } from "../../src/tree/object-ids/dump.ts";

const KINDS = ["pid", "net", "ipc", "uts", "time", "mnt", "user", "cgroup"] as const;
type Kind = (typeof KINDS)[number];

/** Links of a process to its namespaces and those of its children: those of the given kinds are its own, the others this process's. */
export function namespaceLinks(own: readonly Kind[], number = 2): Record<string, string> {
  const link = (kind: Kind) => `${kind}:[${own.includes(kind) ? number : 1}]`;
  return Object.fromEntries([
    ...KINDS.map((kind) => [`ns/${kind}`, link(kind)]),
    ...(["pid", "time"] as const).map((kind) => [`ns/${kind}_for_children`, link(kind)]),
  ]);
}

/** A checkpoint of a tree with namespaces of its own. Their number is 9 in the images: 1 to 8 are those of this process. */
export function treeWithOwn(own: readonly Kind[], task: Partial<ProcessInvention> = {}, host: DumpTest["host"] = {}) {
  const links = Object.fromEntries(Object.entries(namespaceLinks([])).map(([name, to]) => [`/proc/self/${name}`, to]));
  return {
    task: { pid: 7, links: namespaceLinks(own), ...task },
    host: { ...host, links: { ...links, ...host.links } },
    with: [objectIds()],
  } satisfies DumpTest;
}
export const OWN_ID = 9;
