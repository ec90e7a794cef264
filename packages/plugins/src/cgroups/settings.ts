import type { Host } from "@restage/core";
import type { CgroupPerms, CgroupPropEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { TASK_LISTS } from "./format.ts";

/** Settings that a cgroup needs before tasks enter it. Source: CRIU criu/cgroup.c. */
const EARLY: ReadonlySet<string> = new Set([
  "cpuset.cpus",
  "cpuset.mems",
  "devices.list",
  "memory.kmem.limit_in_bytes",
  "memory.swappiness",
  "memory.oom_control",
  "memory.use_hierarchy",
  "cgroup.type",
]);
/** Settings that stop its tasks. */
const FREEZING: ReadonlySet<string> = new Set(["freezer.state", "cgroup.freeze"]);

/** When a setting is restored: before tasks enter the cgroup, when all are in it, or just before they resume. */
export type Time = "early" | "late" | "freezing";

function timeOf(name: string): Time {
  if (FREEZING.has(name)) return "freezing";
  return EARLY.has(name) ? "early" : "late";
}

/** A cgroup whose settings are restored. */
export interface CgroupToSet {
  readonly path: string;
  /** Whether this restore made it. One that existed before gets its old settings back when the restore fails. */
  readonly made: boolean;
}

/** Restores the settings of a cgroup that are due at a time, unless they have the saved value already. */
export function restoreSettings(
  host: Host,
  cgroup: CgroupToSet,
  properties: readonly CgroupPropEntry[],
  time: Time,
): void {
  for (const property of properties) {
    if (timeOf(property.name) !== time) continue;
    if (!TASK_LISTS.has(property.name)) restoreSetting(host, cgroup, property);
    if (cgroup.made && property.name !== "devices.list")
      setOwner(host, `${cgroup.path}/${property.name}`, property.perms);
  }
}

/** Sets owner and mode of a cgroup's directory or file. */
export function setOwner(host: Host, path: string, perms: CgroupPerms | undefined): void {
  if (perms === undefined || host.stat(path) === "missing") return;
  host.call.fchownat(AT_FDCWD, path, perms.uid, perms.gid, 0);
  host.call.fchmodat(AT_FDCWD, path, perms.mode);
}

function restoreSetting(host: Host, cgroup: CgroupToSet, { name, value }: CgroupPropEntry): void {
  const file = `${cgroup.path}/${name}`;
  const wanted = value.trim();
  switch (name) {
    case "cgroup.type":
      if (wanted === "threaded") write(host, cgroup, file, wanted);
      return;
    case "cgroup.subtree_control":
      setControllers(host, cgroup, file, wanted);
      return;
    case "devices.list":
      setDevices(host, cgroup.path, wanted);
      return;
    case "net_prio.ifpriomap":
      setPriorities(host, file, wanted);
      return;
    case "memory.oom_control":
      // The kernel shows several lines, which CRIU saves, but accepts only the first number.
      write(host, cgroup, file, /\d+/.exec(wanted)?.[0] ?? "");
      return;
    default:
      write(host, cgroup, file, wanted);
  }
}

function write(host: Host, { made }: CgroupToSet, file: string, value: string): void {
  const now = host.readText(file);
  if (value === "" || now?.trim() === value || now?.trim().startsWith(`oom_kill_disable ${value}\n`)) return;
  if (!made && now !== undefined) {
    const bytes = new TextEncoder().encode(now);
    host.undo((call) => {
      const before = call.openat(AT_FDCWD, file, O.WRONLY | O.CLOEXEC, 0);
      call.write(before, bytes, bytes.length);
      call.close(before);
    });
  }
  host.writeFile(file, value);
}

/** Enables exactly these controllers for the children. */
function setControllers(host: Host, cgroup: CgroupToSet, file: string, value: string): void {
  const wanted = value.split(/\s+/).filter(Boolean);
  const now = (host.readText(file) ?? "").split(/\s+/).filter(Boolean);
  const off = now.filter((name) => !wanted.includes(name)).map((name) => `-${name}`);
  const on = wanted.filter((name) => !now.includes(name)).map((name) => `+${name}`);
  if (off.length + on.length === 0) return;
  if (!cgroup.made) {
    const back = new TextEncoder().encode(
      [...off, ...on].map((name) => (name[0] === "+" ? "-" : "+") + name.slice(1)).join(" "),
    );
    host.undo((call) => {
      const before = call.openat(AT_FDCWD, file, O.WRONLY | O.CLOEXEC, 0);
      call.write(before, back, back.length);
      call.close(before);
    });
  }
  host.writeFile(file, [...off, ...on].join(" "));
}

/** Forbids all devices, then allows those of the list, one per write. */
function setDevices(host: Host, path: string, list: string): void {
  if (host.readText(`${path}/devices.list`)?.trim() === list) return;
  host.writeFile(`${path}/devices.deny`, "a");
  for (const line of list.split("\n").filter(Boolean)) host.writeFile(`${path}/devices.allow`, line);
}

/** Sets the priority of one network device per write, except for devices that do not exist here. */
function setPriorities(host: Host, file: string, value: string): void {
  const known = new Set((host.readText(file) ?? "").split("\n").map((line) => line.split(" ")[0]));
  for (const line of value.split("\n").filter((line) => known.has(line.split(" ")[0]))) host.writeFile(file, line);
}
