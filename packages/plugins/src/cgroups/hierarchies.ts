import type { Host } from "@restage/core";
import { readMountinfo } from "../namespaces/mount/mountinfo.ts";
import { controllersOf } from "./format.ts";

/** How the name of a hierarchy without controllers begins. Source: cgroups(7). */
export const NAMED = "name=";

/** A hierarchy of cgroups, and its mount point on this machine. */
export interface Hierarchy {
  /** Controllers that are mounted together. `""` alone is the unified hierarchy (v2), and `name=...` one without controllers. */
  readonly names: readonly string[];
  readonly mountPoint: string;
}

/** All hierarchies that are mounted here. Source: cgroups(7). */
export function readHierarchies(host: Host): readonly Hierarchy[] {
  return readMountinfo(host, "/proc/self").flatMap(({ root, mountPoint, type, options }) => {
    if (root !== "/") return [];
    if (type === "cgroup2") return { names: [""], mountPoint };
    return type === "cgroup" ? { names: options.split(","), mountPoint } : [];
  });
}

/** The hierarchy of a member's name, which has all controllers that are mounted together: `cpu,cpuacct`. */
export function findHierarchy(hierarchies: readonly Hierarchy[], name: string): Hierarchy | undefined {
  return hierarchies.find(({ names }) => controllersOf(name).some((controller) => names.includes(controller)));
}
