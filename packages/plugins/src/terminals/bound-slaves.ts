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
  if (files.size === 0) return new Map();
  const mounts = readNamespaces(plan).flatMap(({ tree }) => tree.mounts);
  const mountpoints = new Map(mounts.map(({ entry }) => [entry.mnt_id, entry.mountpoint]));
  const bound = [...files].flatMap(([id, { file }]) => {
    const { mnt_id, name } = plan.images.files.get(file.regf_id ?? 0)?.reg ?? {};
    const isBound = mnt_id !== undefined && name !== undefined && mountpoints.get(mnt_id) === name;
    return isBound ? [{ id, mnt_id, name }] : [];
  });
  if (bound.length === 0) return new Map();
  const paths = readMountPaths(plan);
  return new Map(bound.map(({ id, mnt_id, name }) => [id, (task: Task) => paths.forTask(task, mnt_id, name)]));
}
