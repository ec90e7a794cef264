import { type DumpContext, definePlugin, type Plugin } from "@restage/core";
import { fileSystems, type InputOf, type MntEntry } from "@restage/images";
import { ownNamespace } from "../nested/dump.ts";
import { idsInside } from "../user/ids-inside.ts";
import { type Mountinfo, readMountinfo } from "./mountinfo.ts";
import { saveContent } from "./tmpfs-content/dump.ts";

const NUMBERS = new Map(Object.entries(fileSystems).map(([number, type]) => [type, Number(number)]));
const DELETED = "//deleted";

/**
 * The mounts of a tree with a mount namespace of its own, with what is in its tmpfs. What comes from outside has to be named (`--external
 * mnt[MOUNTPOINT]:NAME`): a restore says what takes its place.
 */
export function mountNamespace(): Plugin {
  return definePlugin({
    name: "mount-namespace",
    duty: "mount-namespace",
    dump({ phases }) {
      let mounts: readonly Mountinfo[] = [];
      phases.inspect.tree.tap("mount-namespace", (_tree, context) => {
        if (ownNamespace(context, "mnt") === undefined) return;
        mounts = readMountinfo(context.host, context.tree.root.proc);
        for (const mount of mounts) check(mount, mounts, context);
      });
      phases.write.tree.tap("mount-namespace", (_tree, context) => {
        const id = ownNamespace(context, "mnt");
        if (id === undefined) return;
        // The newest first, as CRIU has them.
        for (const mount of mounts.toReversed()) context.images.add("mnts", id, { value: entryOf(mount, context) });
        const contents = new Map(mounts.filter(isWholeTmpfs).map((mount) => [mount.device, mount]));
        for (const mount of contents.values()) if (nameOf(mount, context) === undefined) saveContent(mount, context);
      });
    },
  });
}

function entryOf(mount: Mountinfo, context: DumpContext): InputOf<MntEntry> {
  const name = nameOf(mount, context);
  return {
    fstype: NUMBERS.get(mount.type) ?? 0,
    mnt_id: mount.id,
    root_dev: mount.device,
    parent_mnt_id: mount.parent,
    flags: mount.flags,
    root: mount.root,
    mountpoint: mount.mountPoint,
    source: mount.source,
    options: optionsInside(mount.options, context),
    shared_id: mount.shared,
    master_id: mount.master,
    sb_flags: mount.superFlags,
    ...(name === undefined ? {} : { ext_key: name }),
  };
}

/** Mount options name owners as this process knows them. Source: show_options of fs/. */
function optionsInside(options: string, context: DumpContext): string {
  const ids = idsInside(context);
  return options.replace(
    /(?<=^|,)(uid|gid)=(\d+)/g,
    (_, name: "uid" | "gid", id) => `${name}=${ids[name](Number(id))}`,
  );
}

/** The name that the user gave to what is mounted there from outside. */
function nameOf({ mountPoint }: Mountinfo, { options }: DumpContext): string | undefined {
  const prefix = `mnt[${mountPoint}]`;
  const found = options.external.find((resource) => resource === prefix || resource.startsWith(`${prefix}:`));
  return found === undefined ? undefined : found.slice(prefix.length + 1) || mountPoint;
}

function isWholeTmpfs({ type, root }: Mountinfo): boolean {
  return type === "tmpfs" && root === "/";
}

/** Refuses mounts that a restore could not make. */
function check(mount: Mountinfo, mounts: readonly Mountinfo[], context: DumpContext): void {
  const isRoot = mounts.every(({ id }) => id !== mount.parent);
  if (isRoot || nameOf(mount, context) !== undefined) return;
  const refuse = (why: string) => {
    const hint = `if it comes from outside, give it a name: --external mnt[${mount.mountPoint}]:NAME`;
    context.findings.refuse({ what: `mount ${mount.mountPoint}`, why, hint });
  };
  if (mount.root.endsWith(DELETED)) {
    refuse("what it was bound from has been deleted");
    return;
  }
  const isShown = mounts.some(
    (other) => other !== mount && other.device === mount.device && shows(other, mount, context),
  );
  if (isShown) return;
  if (!NUMBERS.has(mount.type)) refuse(`its file system (${mount.type}, ${mount.source}) is outside the tree`);
  else if (mount.root !== "/") refuse("its file system has no mount that shows all of it");
}

/** Is one mount a part of what the other one shows? */
function shows(other: Mountinfo, mount: Mountinfo, context: DumpContext): boolean {
  if (nameOf(other, context) !== undefined || other.root === mount.root) return false;
  return other.root === "/" || mount.root.startsWith(`${other.root}/`);
}
