import type { Host, SeizedTask } from "@restage/core";

/** Where cgroups are mounted: the unified hierarchy first, and then that of a controller of version 1. */
const UNIFIED = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
const OF_CONTROLLER = "/sys/fs/cgroup";

/**
 * Says which limit a task's copy would use up, undefined when there is room. Copies count as tasks of the same user and cgroup, and may take half of what is
 * left at most: the tree can fork meanwhile. If the tree writes to all of its memory before it is saved, the memory is there twice.
 *
 * @param copies how many tasks there would be with this one's.
 * @param bytes the private memory of the task.
 */
export function lackOfRoom(task: SeizedTask, copies: number, bytes: number, host: Host): string | undefined {
  // The helper that makes the copy is a task too.
  const tasks = 2 * (copies + 1);
  if (tasksLeftToUser(task, host) < tasks)
    return "its user's limit of processes (RLIMIT_NPROC) leaves no room for a copy";
  for (const directory of cgroupsOf(task, "pids", host)) {
    const limit = Number(host.readText(`${directory}/pids.max`) ?? Number.NaN);
    if (limit - Number(host.readText(`${directory}/pids.current`)) < tasks)
      return `the limit of tasks in ${directory}/pids.max leaves no room for a copy`;
  }
  for (const directory of cgroupsOf(task, "memory", host)) {
    const limit = Number(host.readText(`${directory}/memory.max`) ?? Number.NaN);
    const inUse = Number(host.readText(`${directory}/memory.current`)) - reclaimable(directory, host);
    if (limit - inUse < bytes) return `the limit in ${directory}/memory.max leaves no room for a copy`;
  }
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(host.readText("/proc/meminfo") ?? "")?.[1];
  if (available !== undefined && 1024 * Number(available) < bytes) return "the machine has no memory for a copy";
  return undefined;
}

/** At least as many as the kernel lets the user have: it counts those of one user, and this all threads of the machine. Root has no limit. */
function tasksLeftToUser({ proc, leader }: SeizedTask, host: Host): number {
  const [uid] = (leader.status.get("Uid") ?? "0").split(/\s+/);
  const limit = /^Max processes\s+(\d+)/m.exec(host.readText(`${proc}/limits`) ?? "")?.[1];
  if (uid === "0" || limit === undefined) return Number.POSITIVE_INFINITY;
  const [, threads = "0"] = /\/(\d+) /.exec(host.readText("/proc/loadavg") ?? "") ?? [];
  return Number(limit) - Number(threads);
}

/** The directories of a task's cgroup and of those above it, in the hierarchy that limits something. */
function cgroupsOf({ proc }: SeizedTask, controller: "pids" | "memory", host: Host): readonly string[] {
  const lines = (host.readText(`${proc}/cgroup`, "utf8") ?? "").split("\n");
  return lines.flatMap((line) => {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const isOfController = controllers.split(",").includes(controller);
    if (controllers !== "" && !isOfController) return [];
    const mountPoints = isOfController ? [`${OF_CONTROLLER}/${controllers}`] : UNIFIED;
    const names = path.split("/").filter(Boolean);
    const paths = names.map((_, index) => names.slice(0, index + 1).join("/"));
    return mountPoints.flatMap((mountPoint) => paths.map((below) => `${mountPoint}/${below}`));
  });
}

/** Memory of files that was not used lately. */
function reclaimable(directory: string, host: Host): number {
  const stat = host.readText(`${directory}/memory.stat`) ?? "";
  return Number(/^inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
}
