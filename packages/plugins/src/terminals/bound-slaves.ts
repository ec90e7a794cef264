import type { Plan, Task } from "@restage/core";
import type { Location } from "../files/location.ts";
import { readMountPaths, readNamespaces } from "../namespaces/mount/mount-paths.ts";
import type { TtyFile } from "./tty-info.ts";

/**
 * Slaves that were opened where another mount shows them, such as /dev/console of a container. A task opens them there again, so that their paths stay as
 * they were. Must be called while planning.
 *
 * @param files by id.
 * @returns where a task finds them, by id of the file.
 */
export function readBoundSlaves(
  plan: Plan,
  files: ReadonlyMap<number, TtyFile>,
): ReadonlyMap<number, (task: Task) => Location> {
  const found = new Map<number, (task: Task) => Location>();
  if (files.size === 0) return found;
  const paths = readMountPaths(plan);
  const mounts = readNamespaces(plan).flatMap(({ tree }) => tree.mounts);
  for (const [id, { file }] of files) {
    const { mnt_id, name } = plan.images.files.get(file.regf_id ?? 0)?.reg ?? {};
    if (name === undefined) continue;
    const isBound = mounts.some(({ entry }) => entry.mnt_id === mnt_id && entry.mountpoint === name);
    if (isBound) found.set(id, (task) => paths.forTask(task, mnt_id, name));
  }
  return found;
}
