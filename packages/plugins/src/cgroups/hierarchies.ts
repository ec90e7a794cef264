import type { Host } from "@restage/core";

/** Where a hierarchy of cgroups is mounted on this machine. */
export interface Hierarchy {
  /** Controllers that are mounted together; `""` alone is the unified hierarchy (v2), `name=...` one without controllers. */
  readonly names: readonly string[];
  readonly mountPoint: string;
}

/** All hierarchies that are mounted here. Source: cgroups(7), proc_pid_mountinfo(5). */
export function readHierarchies(host: Host): readonly Hierarchy[] {
  return (host.readText("/proc/self/mountinfo") ?? "").split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, mountPoint = ""] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    if (root !== "/") return [];
    if (type === "cgroup2") return { names: [""], mountPoint };
    return type === "cgroup" ? { names: options.split(","), mountPoint } : [];
  });
}

export function findHierarchy(hierarchies: readonly Hierarchy[], name: string): Hierarchy | undefined {
  return hierarchies.find(({ names }) => names.includes(name));
}
