import { definePlugin, type Host, type Plan, type Plugin } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { type MountPaths, readMountPaths } from "../../namespaces/mount/mount-paths.ts";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { type IdsOutside, idsOutside } from "../../namespaces/user/ids-outside.ts";
import { referencedFiles } from "../descriptors/referenced-files.ts";
import { validateFile } from "../file-validation/restore.ts";
import { OpenFiles } from "../open-files.ts";
import { regularFile } from "../regular-file/restore.ts";
import { type Remap, readRemaps } from "../remaps.ts";
import { TemporaryNames } from "../temporary-names.ts";
import { checkGhost, createGhost, fillGhost, type GhostFile, isDirectory, readGhost } from "./ghost-files.ts";

/** A file that was open, mapped or a directory of a task when its name was gone. */
interface DeletedFile {
  readonly file: RegFileEntry;
  /** What it comes from: files of one origin are one file. */
  readonly origin: string;
  /** Its image, or the path of a link that the dump has left beside it. */
  readonly content: GhostFile | string;
}

/**
 * Files without a name. They get theirs back for as long as tasks open them, then it is taken away again: /proc shows the old name, and
 * `(deleted)`. Ghosts had no name at all and are made anew from their images. For link remaps the dump has left a link beside the file; it
 * goes when the tree runs, as the restore could not be repeated without it.
 *
 * Tasks open them in FORKING (mapped files) and RESTORE.
 */
export function deletedFiles(): Plugin {
  return definePlugin({
    name: "deleted-files",
    duty: "deleted-files",
    uses: [OpenFiles],
    stages: {
      FORKING: "deleted files get their names, as long as they are opened",
      RESTORE: "the names of deleted files are taken away again",
    },
    apply({ plan, stages, complete, service }) {
      let files: readonly DeletedFile[] = [];
      let paths: MountPaths | undefined;
      let names: TemporaryNames | undefined;
      plan.tap("deleted-files", (plan) => {
        files = readDeletedFiles(plan);
        paths = readMountPaths(plan);
      });
      stages.FORKING.enter.tap("deleted-files", ({ host, images, tree }) => {
        names = new TemporaryNames(host);
        const place: Place = {
          host,
          find: ({ mnt_id }, path) => paths?.writable(mnt_id, path) ?? path,
          ids: idsOutside(images, tree.root),
        };
        for (const [id, path] of nameAll(place, files, names)) service(OpenFiles).rename(id, path);
      });
      stages.RESTORE.leave.tap("deleted-files", () => names?.removeAll());
      let links: readonly Link[] = [];
      // When the tree runs, it may not show any more where they are.
      stages.COMPLETE.enter.tap("deleted-files", ({ host }) => {
        links = findLinks(host, files, ({ mnt_id }, path) => paths?.writable(mnt_id, path) ?? path);
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

/** Directories before what was in them. */
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
      plan.refuse({ what: `deleted file ${file.name}`, why: "the type that remap-fpath.img gives it is none" });
      return undefined;
  }
}

/** A link that a dump has left, in an open directory. */
interface Link {
  readonly directory: number;
  readonly name: string;
}

function findLinks(host: Host, files: readonly DeletedFile[], find: Place["find"]): readonly Link[] {
  const paths = files.flatMap(({ file, content }) => (typeof content === "string" ? find(file, content) : []));
  return [...new Set(paths)].map((path) => {
    const slash = path.lastIndexOf("/");
    const { result: directory } = host.call.openat(AT_FDCWD, path.slice(0, slash) || "/", O.PATH | O.CLOEXEC, 0);
    return { directory, name: path.slice(slash + 1) };
  });
}

/** Where the tree's files are for this process: at other paths, and owners are others in a user namespace. */
interface Place {
  readonly host: Host;
  /** A path on the mount of a file. */
  readonly find: (file: RegFileEntry, path: string) => string;
  readonly ids: IdsOutside;
}

/** Gives every file its name, or one beside it. Returns the names, as the tree sees them, by the files' ids. */
function nameAll(place: Place, files: readonly DeletedFile[], names: TemporaryNames): ReadonlyMap<number, string> {
  const firstOf = new Map<string, string>();
  const known = new Map<string, string>();
  const named = new Map<number, string>();
  for (const { file, origin, content } of files) {
    const same = `${origin} ${file.name}`;
    const name = known.get(same) ?? nameOne(place, names, file, firstOf.get(origin) ?? content);
    if (!firstOf.has(origin)) firstOf.set(origin, name);
    known.set(same, name);
    named.set(file.id, name);
  }
  return named;
}

/** On file systems of a user namespace nothing can be made by somebody whom it does not know, not even by the host's root. */
function asRootOf<T>(ids: IdsOutside, host: Host, make: () => T): T {
  const [uid, gid] = [ids.uid(0), ids.gid(0)];
  if (uid === 0 && gid === 0) return make();
  const [ownGid, ownUid] = [host.call.setfsgid(gid).result, host.call.setfsuid(uid).result];
  try {
    return make();
  } finally {
    host.call.setfsuid(ownUid);
    host.call.setfsgid(ownGid);
  }
}

/** @param content an image, or the path of the file itself. */
function nameOne(
  { host, find, ids }: Place,
  names: TemporaryNames,
  file: RegFileEntry,
  content: GhostFile | string,
): string {
  const outside = find(file, file.name);
  const named = (made: string) =>
    file.name.slice(0, file.name.lastIndexOf("/") + 1) + made.slice(made.lastIndexOf("/") + 1);
  if (typeof content === "string") {
    const link = (path: string) => host.call.linkat(AT_FDCWD, find(file, content), AT_FDCWD, path, 0);
    return named(names.make(outside, link));
  }
  const make = () => names.make(outside, (path) => createGhost(host, content, path), isDirectory(content));
  const made = asRootOf(ids, host, make);
  fillGhost(host, content, made, ids);
  return named(made);
}
