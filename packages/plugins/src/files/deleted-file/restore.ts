import { definePlugin, type Host, type Plan, type Plugin } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { type MountPaths, readMountPaths, type Shown } from "../../namespaces/mount/mount-paths.ts";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { asRootOf } from "../../namespaces/user/as-root.ts";
import { type IdsOutside, idsOutside } from "../../namespaces/user/ids-outside.ts";
import { referencedFiles } from "../descriptors/referenced-files.ts";
import { validateFile } from "../file-validation/validate-file.ts";
import { OpenFiles } from "../open-files.ts";
import { regularFile } from "../regular-file/regular-file.ts";
import { type Remap, readRemaps } from "../remaps.ts";
import { TemporaryNames } from "../temporary-names.ts";
import { checkGhost, createGhost, fillGhost, type GhostFile, isDirectory, readGhost } from "./ghost-files.ts";

const NO_MOUNT = -1;

/** A file without a name that was open, mapped, or a directory of a task. */
interface DeletedFile {
  readonly file: RegFileEntry;
  /** Equal for entries of files.img that are one file. */
  readonly origin: string;
  /** Its image, or the link that the checkpoint made beside it. */
  readonly content: GhostFile | Shown;
}

/**
 * Restores files without a name. Each has its old name while tasks open it; then the name is removed, so /proc shows the old name with `(deleted)`.
 * A ghost file had no name at all and is created from its image. For a link remap, the checkpoint made a link beside the file. The link is removed
 * only when the tree runs, since a failed restore could not be repeated without it.
 *
 * Tasks open these files in FORKING (mapped files) and RESTORE.
 */
export function deletedFiles(): Plugin {
  return definePlugin({
    name: "deleted-files",
    duty: "deleted-files",
    uses: [OpenFiles],
    stages: {
      FORKING: "gives deleted files names while they are opened",
      RESTORE: "removes the names of deleted files again",
    },
    apply({ plan, stages, complete, service }) {
      let files: readonly DeletedFile[] = [];
      let mounts: MountPaths | undefined;
      plan.tap("deleted-files", (plan) => {
        files = readDeletedFiles(plan);
        mounts = readMountPaths(plan);
      });
      let removeNames = () => {};
      stages.FORKING.enter.tap("deleted-files", ({ host, images, tree }) => {
        if (mounts === undefined) return;
        const names = new TemporaryNames(host);
        removeNames = () => names.removeAll();
        const context: NamingContext = { host, mounts, ids: idsOutside(images, tree.root) };
        for (const [id, path] of nameAll(context, files, names)) service(OpenFiles).rename(id, path);
      });
      stages.RESTORE.leave.tap("deleted-files", () => removeNames());
      let links: readonly LinkRemap[] = [];
      // A running tree may change its mounts, and the links could no longer be found.
      stages.COMPLETE.enter.tap("deleted-files", ({ host }) => {
        if (mounts !== undefined) links = findLinks(host, files, mounts);
      });
      complete.tap("deleted-files", ({ host }) => {
        for (const { directory, name } of links) {
          host.call.unlinkat(directory, name, 0);
          host.call.close(directory);
        }
      });
    },
  });
}

/** Directories come before their contents. */
function readDeletedFiles(plan: Plan): readonly DeletedFile[] {
  const referenced = referencedFiles(plan);
  const remaps = readRemaps(plan.images).filter(({ id }) => referenced.has(id));
  const files = remaps.flatMap((remap) => readDeletedFile(plan, remap) ?? []);
  return files.sort((a, b) => (a.file.name < b.file.name ? -1 : 1));
}

function readDeletedFile(plan: Plan, { id, kind, source }: Remap): DeletedFile | undefined {
  const file = regularFile(plan.images, id, "remap-fpath.img");
  const origin = `${kind} ${source}`;
  switch (kind) {
    case "ghost": {
      checkGhost(plan, file, source);
      const ghost = readGhost(plan.images, source);
      return ghost === undefined ? undefined : { file, origin, content: ghost };
    }
    case "link": {
      const { name, mnt_id = NO_MOUNT } = regularFile(plan.images, source, "remap-fpath.img");
      if (!hasOwnNamespace(plan.images, plan.tree.root, "mount")) validateFile(plan, file, name);
      // CRIU does not record the mount of the link.
      return { file, origin, content: { mnt_id: mnt_id === NO_MOUNT ? file.mnt_id : mnt_id, name } };
    }
    case "dead-process":
      return undefined;
    case "unknown":
      plan.refuse({ what: `deleted file ${file.name}`, why: "remap-fpath.img gives it an unknown type" });
      return undefined;
  }
}

/** A link that the checkpoint made, in an open directory. */
interface LinkRemap {
  readonly directory: number;
  readonly name: string;
}

function findLinks(host: Host, files: readonly DeletedFile[], mounts: MountPaths): readonly LinkRemap[] {
  const paths = files.flatMap(({ content }) => (isLink(content) ? mounts.writable(content.mnt_id, content.name) : []));
  return [...new Set(paths)].map((path) => {
    const slash = path.lastIndexOf("/");
    const { result: directory } = host.call.openat(AT_FDCWD, path.slice(0, slash) || "/", O.PATH | O.CLOEXEC, 0);
    return { directory, name: path.slice(slash + 1) };
  });
}

function isLink(content: GhostFile | Shown): content is Shown {
  return "name" in content;
}

/** How this process reaches the tree's files: by other paths, and with other user ids if the tree has a user namespace. */
interface NamingContext {
  readonly host: Host;
  readonly mounts: MountPaths;
  readonly ids: IdsOutside;
}

/** Gives every file its old name, or one beside it. Returns the names, as the tree sees them, by the ids of the files. */
function nameAll(
  context: NamingContext,
  files: readonly DeletedFile[],
  names: TemporaryNames,
): ReadonlyMap<number, string> {
  const made = new Map<string, { readonly file: RegFileEntry; readonly name: string }[]>();
  const named = new Map<number, string>();
  for (const { file, origin, content } of files) {
    const others = made.get(origin) ?? [];
    const same = others.find((other) => context.mounts.isSame(other.file, file));
    const first = others[0];
    const from = first === undefined ? content : { mnt_id: first.file.mnt_id, name: first.name };
    const name = same === undefined ? nameOne(context, names, file, from) : beside(file, same.name);
    made.set(origin, [...others, { file, name }]);
    named.set(file.id, name);
  }
  return named;
}

/** A name in the directory of a file. */
function beside({ name }: Shown, other: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1) + other.slice(other.lastIndexOf("/") + 1);
}

/** @param content an image, or a name of the file. */
function nameOne(
  { host, mounts, ids }: NamingContext,
  names: TemporaryNames,
  file: RegFileEntry,
  content: GhostFile | Shown,
): string {
  if (isLink(content)) {
    const [existing, outside] = mounts.together(content, file);
    const make = () => names.make(outside, (calls, path) => calls.linkat(AT_FDCWD, existing, AT_FDCWD, path, 0));
    return beside(file, asRootOf(host, ids.root, make));
  }
  const outside = mounts.writable(file.mnt_id, file.name);
  const make = () => names.make(outside, (calls, path) => createGhost(calls, content, path), isDirectory(content));
  const made = asRootOf(host, ids.root, make);
  fillGhost(host, content, made, ids);
  return beside(file, made);
}
