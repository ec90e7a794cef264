import type { Host } from "@restage/core";
import type { CgroupDirEntry, CgroupPropEntry } from "@restage/images";
import { AT, AT_FDCWD } from "@restage/linux/abi";

/** What is no setting of a cgroup: its tasks, and what only says something. */
const NO_SETTINGS: ReadonlySet<string> = new Set([
  "cgroup.procs",
  "tasks",
  "cgroup.threads",
  "devices.list",
  "freezer.state",
]);

/** When a directory gets its recorded settings: never, if it was made here, or always. */
export type When = "never" | "made" | "always";

/** Makes a cgroup with all above it. Returns those that were made; they go away when the restore fails. */
export function makeDirectories(host: Host, mountPoint: string, path: string): ReadonlySet<string> {
  const made = new Set<string>();
  let at = mountPoint;
  for (const name of path.split("/").filter(Boolean)) {
    at += `/${name}`;
    if (host.stat(at) !== "missing") continue;
    const directory = at;
    host.call.mkdirat(AT_FDCWD, directory, 0o755).undo((call) => call.unlinkat(AT_FDCWD, directory, AT.REMOVEDIR));
    made.add(directory);
  }
  return made;
}

/** Gives a cgroup, and those in it, their settings. */
export function setProperties(
  host: Host,
  path: string,
  directory: CgroupDirEntry,
  made: ReadonlySet<string>,
  when: When,
): void {
  if (when === "never" || (when === "made" && !made.has(path))) return;
  for (const property of directory.properties) setProperty(host, path, property);
}

function setProperty(host: Host, path: string, { name, value }: CgroupPropEntry): void {
  if (NO_SETTINGS.has(name) || value === "") return;
  const file = `${path}/${name}`;
  const found = host.readText(file);
  if (found === undefined || found.trim() === value.trim()) return;
  const text =
    name === "cgroup.subtree_control"
      ? value
          .trim()
          .split(/\s+/)
          .map((controller) => `+${controller}`)
          .join(" ")
      : value;
  host.writeFile(file, text);
}
