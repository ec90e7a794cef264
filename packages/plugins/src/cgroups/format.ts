import type { CgMemberEntry } from "@restage/images";

/** The cgroups of a thread, one per hierarchy. @param text of /proc/PID/task/TID/cgroup. Source: cgroups(7). */
export function parseMembers(text: string): readonly CgMemberEntry[] {
  const members = text.split("\n").flatMap((line): readonly CgMemberEntry[] => {
    const [, name, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return name === undefined || path === undefined ? [] : [{ name, path }];
  });
  return members.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * How much of a cgroup's path is above the root of a cgroup namespace.
 *
 * @param outer the path from outside.
 * @param inner the path that the namespace shows.
 * @returns undefined when the cgroup is not below that root.
 */
export function prefixOf(outer: string, inner: string): number | undefined {
  if (outer === inner) return 0;
  const below = inner === "/" ? "" : inner;
  return outer.endsWith(below) ? outer.length - below.length : undefined;
}

/** The controllers of a hierarchy, from the name that a member of it has: `cpu,cpuacct` are mounted together. */
export function controllersOf(name: string): readonly string[] {
  return name.split(",");
}

/** Files whose content is restored, and in whose cgroups they are. Source: CRIU criu/cgroup-props.c. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  cpu: ["cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us", "cpu.rt_period_us", "cpu.rt_runtime_us"],
  memory: [
    "memory.limit_in_bytes",
    "memory.memsw.limit_in_bytes",
    "memory.swappiness",
    "memory.soft_limit_in_bytes",
    "memory.move_charge_at_immigrate",
    "memory.oom_control",
    "memory.use_hierarchy",
    "memory.kmem.limit_in_bytes",
    "memory.kmem.tcp.limit_in_bytes",
  ],
  cpuset: [
    "cpuset.cpus",
    "cpuset.mems",
    "cpuset.memory_migrate",
    "cpuset.cpu_exclusive",
    "cpuset.mem_exclusive",
    "cpuset.mem_hardwall",
    "cpuset.memory_spread_page",
    "cpuset.memory_spread_slab",
    "cpuset.sched_load_balance",
    "cpuset.sched_relax_domain_level",
  ],
  blkio: ["blkio.weight"],
  net_cls: ["net_cls.classid"],
  net_prio: ["net_prio.ifpriomap"],
  pids: ["pids.max"],
  devices: ["devices.list"],
};

/** Files of every cgroup of version 1; of lists of tasks only the owners matter. */
const OF_ALL = ["cgroup.clone_children", "notify_on_release", "cgroup.procs", "tasks"];

/** Files of version 2. CRIU saves only the first five, but restores all that it finds in an image. Source: Linux Documentation/admin-guide/cgroup-v2.rst. */
const UNIFIED = [
  "cgroup.subtree_control",
  "cgroup.max.descendants",
  "cgroup.max.depth",
  "cgroup.freeze",
  "cgroup.type",
  "cgroup.procs",
  "cpu.weight",
  "cpu.max",
  "cpuset.cpus",
  "cpuset.mems",
  "io.weight",
  "memory.min",
  "memory.low",
  "memory.high",
  "memory.max",
  "memory.swap.high",
  "memory.swap.max",
  "memory.oom.group",
  "pids.max",
];

/** The files to save in every cgroup of a hierarchy. @param controllers `""` is version 2. */
export function settingsOf(controllers: readonly string[]): readonly string[] {
  if (controllers.includes("")) return UNIFIED;
  return [...controllers.flatMap((name) => SETTINGS[name] ?? []), ...OF_ALL];
}

/** Lists of tasks: they have owners and modes, but are not settings. */
export const TASK_LISTS: ReadonlySet<string> = new Set(["cgroup.procs", "tasks", "cgroup.threads"]);

/** The largest number that the kernel shows, which it does not accept: no limit. */
const NO_LIMIT = "9223372036854775807";

/** The text that a restore writes, from the one that the kernel shows. Source: CRIU criu/cgroup.c. */
export function settingFrom(name: string, text: string): string {
  if (TASK_LISTS.has(name)) return "";
  if (name === "memory.oom_control") return /oom_kill_disable (\d+)/.exec(text)?.[1] ?? "0";
  const value = text.trim();
  return value === NO_LIMIT ? "-1" : value;
}
