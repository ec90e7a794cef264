import type { Host, Plan } from "@restage/core";
import type { CgControllerEntry } from "@restage/images";
import { AT, AT_FDCWD, MNT, MS } from "@restage/linux/abi";
import { findHierarchy, type Hierarchy, NAMED, readHierarchies } from "./hierarchies.ts";

/**
 * The directory of hierarchies that this machine has not mounted: they are mounted there until the tree runs, as CRIU mounts all hierarchies. With
 * `--cgroup-yard` the directory is the caller's, and the restore uses hierarchies that are already mounted in it. Source: criu(8), "--cgroup-yard"; CRIU criu/cgroup.c.
 */
export class Yard {
  /** All hierarchies that a restore uses. */
  readonly hierarchies: readonly Hierarchy[];
  /** Those that are not mounted yet. */
  readonly toMount: readonly Hierarchy[];
  readonly #path: string;
  /** Whether the restore makes the directory. */
  readonly #isOwn: boolean;

  /** @param needed the controllers of the tree's cgroups. */
  constructor({ host, options }: Plan, needed: readonly CgControllerEntry[]) {
    const { cgroupYard: given } = options;
    this.#isOwn = given === undefined;
    this.#path = given === undefined ? `/tmp/restage-cgroups-${host.runId}` : absolute(host, given);
    const present = given === undefined ? readHierarchies(host) : [];
    const placed = needed
      .filter(({ cnames }) => findHierarchy(present, cnames[0] ?? "") === undefined)
      .map(({ cnames: names }) => ({ names, mountPoint: `${this.#path}/${directoryName(names)}` }));
    const isThere = ({ mountPoint }: Hierarchy) => !this.#isOwn && host.stat(mountPoint) !== "missing";
    this.toMount = placed.filter((hierarchy) => !isThere(hierarchy));
    this.hierarchies = [...present, ...placed];
  }

  /** Whether a path is in a hierarchy that is not mounted yet. */
  willMount(path: string): boolean {
    return this.toMount.some(({ mountPoint }) => path.startsWith(`${mountPoint}/`));
  }

  mountAll(host: Host): void {
    if (this.toMount.length === 0) return;
    // A mount of its own keeps the hierarchies out of other mount namespaces.
    if (this.#isOwn) {
      makeDirectory(host, this.#path);
      mount(host, "tmpfs", this.#path, "mode=700");
      host.call.mount("none", this.#path, undefined, MS.PRIVATE, undefined);
    }
    for (const { names, mountPoint } of this.toMount) {
      makeDirectory(host, mountPoint);
      mount(host, names[0] === "" ? "cgroup2" : "cgroup", mountPoint, mountOptions(names));
    }
  }

  /** Unmounts the hierarchies that it has mounted. Cgroups with tasks, and their hierarchies, continue to exist. */
  unmountAll(host: Host): void {
    if (this.toMount.length === 0) return;
    const paths = this.#isOwn ? [this.#path] : this.toMount.map(({ mountPoint }) => mountPoint);
    for (const path of paths) {
      host.call.umount2(path, MNT.DETACH);
      host.call.unlinkat(AT_FDCWD, path, AT.REMOVEDIR);
    }
  }
}

function makeDirectory(host: Host, path: string): void {
  host.undoneBy((call) => call.unlinkat(AT_FDCWD, path, AT.REMOVEDIR)).mkdirat(AT_FDCWD, path, 0o700);
}

function mount(host: Host, type: string, path: string, options: string): void {
  host.undoneBy((call) => call.umount2(path, MNT.DETACH)).mount("none", path, type, 0, options);
}

/** The name of a hierarchy's directory. */
function directoryName(names: readonly string[]): string {
  return names.map((name) => (name === "" ? "unified" : name.replace(NAMED, ""))).join(",");
}

function mountOptions(names: readonly string[]): string {
  return [...(names.some((name) => name.startsWith(NAMED)) ? ["none"] : []), ...names].join(",");
}

/** Makes a path absolute, because the janitor has another working directory. */
function absolute(host: Host, path: string): string {
  return path.startsWith("/") ? path : `${host.readLink("/proc/self/cwd") ?? ""}/${path}`;
}
