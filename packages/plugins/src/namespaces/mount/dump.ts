import { fileSystems, type InputOf, type MntEntry } from "@restage/images";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import type { FrozenTree } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";
import { type Mountinfo, readMountinfo } from "./mountinfo.ts";
import { saveContent } from "./tmpfs-content/dump.ts";

const NUMBERS = new Map(Object.entries(fileSystems).map(([number, type]) => [type, Number(number)]));
const DELETED = "//deleted";

/**
 * The mounts of a tree with a mount namespace of its own, with what is in its tmpfs. What comes from outside has to be named (`--external
 * mnt[MOUNTPOINT]:NAME`): a restore says what takes its place.
 */
export function mountNamespace(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "mount-namespace",
    duty: "mount-namespace",
    saves: [
      {
        group: "namespaces",
        what: "mount namespaces",
        saved:
          "mounts with flags and propagation, content of tmpfs; mounts from outside with `--external mnt[MOUNTPOINT]:NAME`",
        refused: "other mounts from outside, deleted sources of binds",
        shownBy: ["fixture namespaces", "fixture userns"],
      },
    ],
    apply({ look, write }) {
      let mounts: readonly Mountinfo[] = [];
      look.tree.tap("mount-namespace", (tree) => {
        if (ownNamespace(tree, "mnt") === undefined) return;
        mounts = readMountinfo(tree.root.proc);
        for (const mount of mounts) check(mount, mounts, tree);
      });
      write.tree.tap("mount-namespace", (tree) => {
        const id = ownNamespace(tree, "mnt");
        if (id === undefined) return;
        // The newest first, as CRIU has them.
        for (const mount of mounts.toReversed()) tree.images.add("mnts", id, { value: entryOf(mount, tree) });
        const contents = new Map(mounts.filter(isWholeTmpfs).map((mount) => [mount.device, mount]));
        for (const mount of contents.values()) if (nameOf(mount, tree) === undefined) saveContent(mount, tree);
      });
    },
  });
}

function entryOf(mount: Mountinfo, tree: FrozenTree): InputOf<MntEntry> {
  const name = nameOf(mount, tree);
  return {
    fstype: NUMBERS.get(mount.type) ?? 0,
    mnt_id: mount.id,
    root_dev: mount.device,
    parent_mnt_id: mount.parent,
    flags: mount.flags,
    root: mount.root,
    mountpoint: mount.mountPoint,
    source: mount.source,
    options: idsInside(mount.options, tree),
    shared_id: mount.shared,
    master_id: mount.master,
    sb_flags: mount.superFlags,
    ...(name === undefined ? {} : { ext_key: name }),
  };
}

/** Mount options name owners as this process knows them. Source: show_options of fs/. */
function idsInside(options: string, { ids }: FrozenTree): string {
  return options.replace(
    /(?<=^|,)(uid|gid)=(\d+)/g,
    (_, name: "uid" | "gid", id) => `${name}=${ids[name](Number(id))}`,
  );
}

/** The name that the user gave to what is mounted there from outside. */
function nameOf({ mountPoint }: Mountinfo, { options }: FrozenTree): string | undefined {
  const prefix = `mnt[${mountPoint}]`;
  const found = options.external.find((resource) => resource === prefix || resource.startsWith(`${prefix}:`));
  return found === undefined ? undefined : found.slice(prefix.length + 1) || mountPoint;
}

function isWholeTmpfs({ type, root }: Mountinfo): boolean {
  return type === "tmpfs" && root === "/";
}

/** Refuses mounts that a restore could not make. */
function check(mount: Mountinfo, mounts: readonly Mountinfo[], tree: FrozenTree): void {
  const isRoot = mounts.every(({ id }) => id !== mount.parent);
  if (isRoot || nameOf(mount, tree) !== undefined) return;
  const refuse = (why: string) => {
    const hint = `if it comes from outside, give it a name: --external mnt[${mount.mountPoint}]:NAME`;
    tree.findings.refuse({ what: `mount ${mount.mountPoint}`, why, hint });
  };
  if (mount.root.endsWith(DELETED)) {
    refuse("what it was bound from has been deleted");
    return;
  }
  const isShown = mounts.some((other) => other !== mount && other.device === mount.device && shows(other, mount, tree));
  if (isShown) return;
  if (!NUMBERS.has(mount.type)) refuse(`its file system (${mount.type}, ${mount.source}) is outside the tree`);
  else if (mount.root !== "/") refuse("its file system has no mount that shows all of it");
}

/** Is one mount a part of what the other one shows? */
function shows(other: Mountinfo, mount: Mountinfo, tree: FrozenTree): boolean {
  if (nameOf(other, tree) !== undefined || other.root === mount.root) return false;
  return other.root === "/" || mount.root.startsWith(`${other.root}/`);
}
