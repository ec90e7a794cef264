import { type DumpContext, definePlugin, type Plugin } from "@restage/core";
import type { InputOf, MntEntry } from "@restage/images";
import { S_IF } from "@restage/linux/abi";
import { externalResource } from "../external-resources.ts";
import { idsInside } from "../user/ids-inside.ts";
import { saveFormats } from "./binary-formats/dump.ts";
import { fileSystemNumber, isDeletedRoot } from "./format.ts";
import type { Mountinfo } from "./mountinfo.ts";
import { type SeizedMounts, seizedMounts } from "./seized-mounts.ts";
import { checkContent, saveContent } from "./tmpfs-content/dump.ts";
import { isHidden } from "./tmpfs-content/hidden-mount.ts";

/** A mount and the namespace that it is in. */
interface Seized {
  readonly mount: Mountinfo;
  readonly namespace: SeizedMounts;
}

/**
 * Saves the mounts of a tree with a mount namespace of its own, and those of namespaces below, with the content of its tmpfs. The user must name mounts
 * that come from outside (`--external mnt[MOUNTPOINT]:NAME`); a restore says what replaces them.
 */
export function mountNamespaces(): Plugin {
  return definePlugin({
    name: "mount-namespaces",
    duty: "mount-namespaces",
    phases: {
      inspect: "refuses mounts that a restore could not make",
      write: "saves all mounts, and the content of tmpfs and binfmt_misc",
    },
    dump({ phases }) {
      phases.inspect.tree.tap("mount-namespaces", (_tree, context) => {
        const namespaces = seizedMounts(context);
        const all = mountsOf(namespaces);
        for (const namespace of namespaces) checkRoot(namespace, context);
        for (const seized of all) check(seized, all, context);
        for (const { mount, namespace } of tmpfsOf(all, context)) checkContent(mount, namespace, context);
      });
      phases.write.tree.tap("mount-namespaces", (_tree, context) => {
        const namespaces = seizedMounts(context);
        const all = mountsOf(namespaces);
        for (const namespace of namespaces) {
          // In CRIU's order: the newest first.
          for (const mount of namespace.mounts.toReversed())
            context.images.add("mnts", namespace.id, { value: entryOf({ mount, namespace }, context) });
        }
        saveFormats(namespaces, context);
        for (const { mount, namespace } of tmpfsOf(all, context)) saveContent(mount, namespace, context);
      });
    },
  });
}

function mountsOf(namespaces: readonly SeizedMounts[]): readonly Seized[] {
  return namespaces.flatMap((namespace) => namespace.mounts.map((mount) => ({ mount, namespace })));
}

function entryOf(seized: Seized, context: DumpContext): InputOf<MntEntry> {
  const { mount } = seized;
  const name = nameOf(seized, context);
  return {
    fstype: fileSystemNumber(mount.type) ?? 0,
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

/** Translates the owners in mount options, which mountinfo shows as ids of this process. Source: show_options of fs/. */
function optionsInside(options: string, context: DumpContext): string {
  const ids = idsInside(context);
  return options.replace(
    /(?<=^|,)(uid|gid)=(\d+)/g,
    (_, name: "uid" | "gid", id) => `${name}=${ids[name](Number(id))}`,
  );
}

/**
 * The name that the user gave to a mount from outside. The mount point is that of the root task's namespace, as CRIU takes it: another namespace can have
 * another mount there.
 */
function nameOf({ mount: { mountPoint }, namespace }: Seized, context: DumpContext): string | undefined {
  if (namespace !== seizedMounts(context)[0]) return undefined;
  const name = externalResource(context.options.external, "mnt", mountPoint);
  return name === "" ? mountPoint : name;
}

/** One mount of each tmpfs of the tree that shows all of it, in a namespace where no other mount hides it if there is one. */
function tmpfsOf(all: readonly Seized[], context: DumpContext): readonly Seized[] {
  const byDevice = new Map<number, Seized>();
  const named = new Set<number>();
  for (const seized of all) {
    const { device, type, root } = seized.mount;
    if (type !== "tmpfs" || root !== "/") continue;
    if (nameOf(seized, context) !== undefined) named.add(device);
    const known = byDevice.get(device);
    if (known === undefined || isHidden(known.mount, known.namespace, context)) byDevice.set(device, seized);
  }
  return [...byDevice.values()].filter(({ mount }) => !named.has(mount.device));
}

/** Refuses a namespace whose mounts cannot all be seen. */
function checkRoot({ mounts, proc }: SeizedMounts, { findings, tree }: DumpContext): void {
  if (mounts.filter((mount) => isTop(mount, mounts)).length === 1) return;
  const task = tree.alive.find((task) => task.proc === proc) ?? tree.root;
  const why = "no task of its mount namespace has the root directory of that namespace";
  findings.refuse({ what: task.name, why, pid: task.pid });
}

/** Whether a mount is the root of its namespace. */
function isTop(mount: Mountinfo, mounts: readonly Mountinfo[]): boolean {
  return mounts.every(({ id }) => id !== mount.parent || id === mount.id);
}

function check(seized: Seized, all: readonly Seized[], context: DumpContext): void {
  const { mount } = seized;
  if (isTreeRoot(seized, context) || nameOf(seized, context) !== undefined) return;
  const refuse = (why: string) => {
    const hint = `if it comes from outside, name it: --external mnt[${mount.mountPoint}]:NAME`;
    context.findings.refuse({ what: `mount ${mount.mountPoint}`, why, hint });
  };
  if (isDeletedRoot(mount.root)) {
    const why = lossOfDeleted(seized, context);
    if (why !== undefined) {
      refuse(why);
      return;
    }
    const what = `mount ${mount.mountPoint}`;
    const warning = "what was bound there has been deleted: its owner and permissions will not come back";
    context.findings.warn({ what, why: warning });
  }
  if (all.some((other) => other !== seized && shows(other, mount, context))) return;
  if (fileSystemNumber(mount.type) === undefined)
    refuse(`its file system (${mount.type}, ${mount.source}) is outside the tree`);
  else if (mount.root !== "/") refuse("its file system has no mount that shows all of it");
}

/** Why a deleted file or directory that a mount shows cannot come back: a restore makes an empty one, and deletes it. */
function lossOfDeleted({ mount: { mountPoint }, namespace }: Seized, { host }: DumpContext): string | undefined {
  const what = "what was bound there has been deleted";
  const found = host.inode(`${namespace.proc}/root${mountPoint}`);
  if (found === undefined) return `${what}, and it cannot be reached`;
  if (found.nlink !== 0) return `${what}, and it has another name or is hidden by another mount`;
  const type = found.mode & S_IF.MT;
  if (type === S_IF.DIR) return undefined;
  if (type !== S_IF.REG) return `${what}, and it is not a directory or regular file`;
  return found.size === 0n ? undefined : `${what}, and it has content`;
}

/** Whether a mount shows everything that another one shows: one from outside, or one that shows more. */
function shows(other: Seized, mount: Mountinfo, context: DumpContext): boolean {
  const { device, root } = other.mount;
  if (device !== mount.device) return false;
  if (root === mount.root) return nameOf(other, context) !== undefined || isTreeRoot(other, context);
  return root === "/" || mount.root.startsWith(`${root}/`);
}

/** Whether a mount is the root directory of the tree, which a restore takes from the host. */
function isTreeRoot({ mount, namespace }: Seized, context: DumpContext): boolean {
  return namespace === seizedMounts(context)[0] && isTop(mount, namespace.mounts);
}
