import type { Host, RestoreOptions } from "@restage/core";
import type { CgControllerEntry, CgroupDirEntry, CgSetEntry } from "@restage/images";
import { AT, AT_FDCWD } from "@restage/linux/abi";
import { controllersOf } from "./format.ts";
import { findHierarchy, type Hierarchy } from "./hierarchies.ts";
import { type CgroupToSet, restoreSettings, setOwner, type Time } from "./settings.ts";

/** How long killed tasks can stay in a cgroup that is being removed, in milliseconds: tasks of a killed coordinator die after it. */
const PATIENCE = 1000;

/** A cgroup of the checkpoint, and its path here. */
interface Directory {
  readonly path: string;
  readonly entry: CgroupDirEntry;
}

/**
 * All cgroups of the tree, parents first: those of its tasks, and the ones above and below. Others are ignored: when a task is in the root of a
 * hierarchy, the image has all cgroups of the other machine.
 *
 * @param sets those of the tasks.
 */
export function listDirectories(
  controllers: readonly CgControllerEntry[],
  hierarchies: readonly Hierarchy[],
  sets: readonly CgSetEntry[],
): readonly Directory[] {
  const found = new Map<string, Directory>();
  for (const { cnames, dirs } of controllers) {
    const mountPoint = findHierarchy(hierarchies, cnames[0] ?? "")?.mountPoint;
    if (mountPoint === undefined) continue;
    const members = sets.flatMap(({ ctls }) =>
      ctls
        .filter(({ name, path }) => controllersOf(name).some((one) => cnames.includes(one)) && path !== "/")
        .map(({ path }) => path),
    );
    const add = (above: string, entries: readonly CgroupDirEntry[]): void => {
      for (const entry of entries) {
        const name = entry.dir_name.replace(/^\/+|\/+$/g, "");
        const path = name === "" ? above : `${above}/${name}`;
        const isOurs = members.some((member) => `${member}/`.startsWith(`${path}/`) || path.startsWith(`${member}/`));
        if (path !== "" && isOurs) found.set(mountPoint + path, { path: mountPoint + path, entry });
        add(path, entry.children);
      }
    };
    add("", dirs);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Makes the cgroups of a checkpoint and restores their settings. */
export class Directories {
  readonly #list: readonly Directory[];
  readonly #mode: RestoreOptions["manageCgroups"];
  readonly #made = new Set<string>();

  constructor(list: readonly Directory[], mode: RestoreOptions["manageCgroups"]) {
    this.#list = list;
    this.#mode = mode;
  }

  get paths(): readonly string[] {
    return this.#list.map(({ path }) => path);
  }

  /** Makes missing cgroups, with the settings that tasks need when they enter. They are removed when the restore fails. */
  makeAll(host: Host): void {
    for (const { path, entry } of this.#list) {
      if (host.stat(path) !== "missing") continue;
      this.#make(host, path);
      setOwner(host, path, entry.dir_perms);
      restoreSettings(host, this.#toSet(path), entry.properties, "early");
    }
  }

  /** Restores the settings of a later time. */
  restoreSettings(host: Host, time: Exclude<Time, "early">): void {
    for (const { path, entry } of this.#list) {
      const cgroup = this.#toSet(path);
      if (cgroup.made || this.#mode === "props" || this.#mode === "full")
        restoreSettings(host, cgroup, entry.properties, time);
    }
  }

  #toSet(path: string): CgroupToSet {
    return { path, made: this.#made.has(path) };
  }

  /** Makes a cgroup and its missing parents: the checkpoint has only the cgroups of the tree. */
  #make(host: Host, path: string): void {
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (host.stat(parent) === "missing") {
      this.#make(host, parent);
      inheritProcessors(host, parent);
    }
    host
      .undoneBy((call) => call.unlinkat(AT_FDCWD, path, AT.REMOVEDIR).patient(PATIENCE))
      .mkdirat(AT_FDCWD, path, 0o755);
    this.#made.add(path);
  }
}

/** Copies processors and memory nodes from the parent: without them no task can enter the cpuset, and its children can have none. Source: cpuset(7). */
function inheritProcessors(host: Host, path: string): void {
  for (const name of ["cpuset.cpus", "cpuset.mems"]) {
    if (host.readText(`${path}/${name}`)?.trim() !== "") continue;
    const above = host.readText(`${path.slice(0, path.lastIndexOf("/"))}/${name}`) ?? "";
    if (above.trim() !== "") host.writeFile(`${path}/${name}`, above);
  }
}
