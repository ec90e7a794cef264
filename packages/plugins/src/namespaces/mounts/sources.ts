import type { Plan } from "@restage/core";
import { fileSystems, type MntEntry } from "@restage/images";
import { isWithin, type Mount } from "./mount-tree.ts";

/** Where a mount comes from. */
export type Source =
  | { readonly kind: "root" }
  /** A path of the host, that takes the place of what the checkpoint names. */
  | { readonly kind: "external"; readonly path: string }
  /** Another mount of the same file system, which is made before. */
  | { readonly kind: "bind"; readonly of: Mount }
  /** A file system of its own; with content from an archive of the images. */
  | { readonly kind: "new"; readonly type: string; readonly archive: string | undefined };

const TMPFS = 5;

/** Finds out where every mount comes from; refuses those for which there is nothing. */
export function findSources(plan: Plan, mounts: readonly Mount[]): ReadonlyMap<Mount, Source> {
  const sources = new Map<Mount, Source>();
  for (const mount of mounts) {
    const source = findSource(plan, mount, sources);
    if (typeof source === "string") refuse(plan, mount.entry, source);
    else sources.set(mount, source);
  }
  return sources;
}

function findSource(plan: Plan, mount: Mount, known: ReadonlyMap<Mount, Source>): Source | string {
  const { entry, parent } = mount;
  if (parent === undefined) return { kind: "root" };
  if (entry.ext_key !== undefined && entry.ext_key !== "") return findExternal(plan, entry.ext_key);
  if (entry.ext_mount === true) return findExternal(plan, entry.mountpoint);
  if (entry.with_plugin === true) return "a CRIU plugin restores it";
  if (entry.deleted === true || entry.root.endsWith("//deleted")) return "what it was bound from had been deleted";
  const other = [...known.keys()].find(
    (other) =>
      other.entry.root_dev === entry.root_dev &&
      isWithin(entry.root, other.entry.root) &&
      known.get(other)?.kind !== "external",
  );
  if (other !== undefined) return { kind: "bind", of: other };
  const type = fileSystems[entry.fstype] ?? (entry.fstype === 16 ? entry.fsname : undefined);
  if (type === undefined) return "its file system is outside the tree";
  if (entry.root !== "/") return "its file system has no mount that shows all of it";
  const archive = `tmpfs-dev-${entry.root_dev}.tar.gz.img`;
  const hasContent = entry.fstype === TMPFS && plan.source.size(archive) !== undefined;
  return { kind: "new", type, archive: hasContent ? archive : undefined };
}

/** `mnt[KEY]:PATH` of --external; `mnt[KEY]` alone is the path KEY. */
function findExternal(plan: Plan, key: string): Source | string {
  const prefix = `mnt[${key}]`;
  const found = plan.options.external.find((resource) => resource === prefix || resource.startsWith(`${prefix}:`));
  if (found === undefined) return `it came from outside, as ${key}, and nobody says from where now`;
  const path = found.length === prefix.length ? key : found.slice(prefix.length + 1);
  return plan.host.stat(path) === "missing"
    ? `${path}, from which it is to come, is not there`
    : { kind: "external", path };
}

function refuse(plan: Plan, { mountpoint, ext_key }: MntEntry, why: string): void {
  const key = ext_key === undefined || ext_key === "" ? mountpoint : ext_key;
  plan.refuse({ what: `mount ${mountpoint}`, why, hint: `say where it is to come from: --external mnt[${key}]:PATH` });
}
