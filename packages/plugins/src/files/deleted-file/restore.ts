import { definePlugin, type Host, type Plan, type Plugin } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { type MountPaths, readMountPaths } from "../../namespaces/mount/mount-paths.ts";
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

/** A file without a name that was open, mapped, or a directory of a task. */
interface DeletedFile {
  readonly file: RegFileEntry;
  /** Equal for entries of files.img that are one file. */
  readonly origin: string;
  /** Its image, or the path of the link that the checkpoint made beside it. */
  readonly content: GhostFile | string;
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
      let find: Find = (_file, path) => path;
      plan.tap("deleted-files", (plan) => {
        files = readDeletedFiles(plan);
        find = finder(readMountPaths(plan));
      });
      let removeNames = () => {};
      stages.FORKING.enter.tap("deleted-files", ({ host, images, tree }) => {
        const names = new TemporaryNames(host);
        removeNames = () => names.removeAll();
        const context: NamingContext = { host, find, ids: idsOutside(images, tree.root) };
        for (const [id, path] of nameAll(context, files, names)) service(OpenFiles).rename(id, path);
      });
      stages.RESTORE.leave.tap("deleted-files", () => removeNames());
      let links: readonly LinkRemap[] = [];
      // A running tree may change its mounts, and the links could no longer be found.
      stages.COMPLETE.enter.tap("deleted-files", ({ host }) => {
        links = findLinks(host, files, find);
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
      const link = regularFile(plan.images, source, "remap-fpath.img").name;
      if (!hasOwnNamespace(plan.images, plan.tree.root, "mount")) validateFile(plan, file, link);
      return { file, origin, content: link };
    }
    case "dead-process":
      return undefined;
    case "unknown":
      plan.refuse({ what: `deleted file ${file.name}`, why: "remap-fpath.img gives it an unknown type" });
      return undefined;
  }
}

/** Where this process finds a path on the mount of a file. */
type Find = (file: RegFileEntry, path: string) => string;

function finder(mounts: MountPaths): Find {
  return ({ mnt_id }, path) => mounts.writable(mnt_id, path);
}

/** A link that the checkpoint made, in an open directory. */
interface LinkRemap {
  readonly directory: number;
  readonly name: string;
}

function findLinks(host: Host, files: readonly DeletedFile[], find: Find): readonly LinkRemap[] {
  const paths = files.flatMap(({ file, content }) => (typeof content === "string" ? find(file, content) : []));
  return [...new Set(paths)].map((path) => {
    const slash = path.lastIndexOf("/");
    const { result: directory } = host.call.openat(AT_FDCWD, path.slice(0, slash) || "/", O.PATH | O.CLOEXEC, 0);
    return { directory, name: path.slice(slash + 1) };
  });
}

/** How this process reaches the tree's files: by other paths, and with other user ids if the tree has a user namespace. */
interface NamingContext {
  readonly host: Host;
  readonly find: Find;
  readonly ids: IdsOutside;
}

/** Gives every file its old name, or one beside it. Returns the names, as the tree sees them, by the ids of the files. */
function nameAll(
  context: NamingContext,
  files: readonly DeletedFile[],
  names: TemporaryNames,
): ReadonlyMap<number, string> {
  const firstOf = new Map<string, string>();
  const known = new Map<string, string>();
  const named = new Map<number, string>();
  for (const { file, origin, content } of files) {
    const same = `${origin} ${file.name}`;
    const name = known.get(same) ?? nameOne(context, names, file, firstOf.get(origin) ?? content);
    if (!firstOf.has(origin)) firstOf.set(origin, name);
    known.set(same, name);
    named.set(file.id, name);
  }
  return named;
}

/** @param content an image, or a path that leads to the file. */
function nameOne(
  { host, find, ids }: NamingContext,
  names: TemporaryNames,
  file: RegFileEntry,
  content: GhostFile | string,
): string {
  const outside = find(file, file.name);
  const named = (made: string) =>
    file.name.slice(0, file.name.lastIndexOf("/") + 1) + made.slice(made.lastIndexOf("/") + 1);
  if (typeof content === "string") {
    const existing = find(file, content);
    const make = () => names.make(outside, (calls, path) => calls.linkat(AT_FDCWD, existing, AT_FDCWD, path, 0));
    return named(asRootOf(host, ids.root, make));
  }
  const make = () => names.make(outside, (calls, path) => createGhost(calls, content, path), isDirectory(content));
  const made = asRootOf(host, ids.root, make);
  fillGhost(host, content, made, ids);
  return named(made);
}
