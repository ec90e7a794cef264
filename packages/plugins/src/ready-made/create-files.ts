import { data, definePlugin, type Host, type Plan, type Plugin, type Task } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { AT, AT_FDCWD, O, S_IF } from "@restage/linux/abi";
import { FileChecks } from "../files/file-validation/file-checks.ts";
import { type MountPaths, readMountPaths } from "../namespaces/mount/mount-paths.ts";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { asRootOf } from "../namespaces/user/as-root.ts";
import { idsOutside } from "../namespaces/user/ids-outside.ts";
import { chosenFiles, chosenPaths, isAtOrBelow, otherUses, unusedPaths } from "./chosen-files.ts";
import { knownOptions } from "./known-options.ts";
import { type IfMissing, reportMissing } from "./missing.ts";

/** What `createFiles` does about paths that it does not find. */
export interface CreateFilesOptions {
  /** What happens if the tree uses no file at or below a path. Default: the restore is refused. */
  readonly ifMissing?: IfMissing;
}

const PERMISSIONS = 0o7777;
const OF_PARENTS = 0o755;
const OF_FILES = 0o644;
const PIECE = 1024 * 1024;

/**
 * Creates files and directories that the tree has open and that are gone, with their recorded permissions, for the user of the task that has them. Missing
 * directories on the way are created too. Files that exist stay as they are, and must be as they were at the checkpoint. When the restore fails, what was
 * created is removed.
 *
 * @param paths of files, or of directories for everything below: a list for empty files, or an object with the file or directory from which each is copied.
 * @example
 * ```ts
 * plugins: [createFiles(["/var/log/app.log"]), createFiles({ "/var/lib/app": "/backup/app" })]
 * ```
 */
export function createFiles(
  paths: readonly string[] | Readonly<Record<string, string>>,
  options: CreateFilesOptions = {},
): Plugin {
  const { ifMissing = "refuse" } = knownOptions("createFiles", options, { ifMissing: true });
  const chosen = chosenPaths(Array.isArray(paths) ? paths : Object.keys(paths), "createFiles");
  const sources: readonly string[] = Array.isArray(paths) ? [] : Object.values(paths);
  const sourceOf = (path: string): string | undefined => {
    const index = chosen.findIndex((top) => isAtOrBelow(path, top));
    const source = sources[index];
    return source === undefined ? undefined : `${source}${path.slice(chosen[index]?.length)}`;
  };
  return definePlugin({
    name: "create-files",
    uses: [FileChecks],
    apply({ plan, stages, service }) {
      let files: FilesToCreate | undefined;
      plan.tap({ name: "create-files", before: "file-validation" }, (plan) => {
        const used = chosenFiles(plan, chosen);
        files = new FilesToCreate(plan, used, sourceOf);
        if (!hasOwnNamespace(plan.images, plan.tree.root, "mount")) {
          for (const { id } of files.missing) service(FileChecks).leaveOut(id);
          files.check(plan);
        }
        reportMissing(plan, ifMissing, unusedPaths(chosen, used), "the tree uses no file there");
      });
      // The tree's own mounts exist, and nothing has opened a file yet.
      stages.PREPARE_NAMESPACES.leave.tap("create-files", () => {
        for (const { id } of files?.createAll() ?? []) service(FileChecks).leaveOut(id);
      });
    },
  });
}

class FilesToCreate {
  readonly #plan: Plan;
  readonly #files: readonly RegFileEntry[];
  readonly #sourceOf: (path: string) => string | undefined;
  readonly #mounts: MountPaths;

  constructor(plan: Plan, files: readonly RegFileEntry[], sourceOf: (path: string) => string | undefined) {
    this.#plan = plan;
    this.#files = files;
    this.#sourceOf = sourceOf;
    this.#mounts = readMountPaths(plan);
  }

  /** Those that do not exist, directories before what is in them. */
  get missing(): readonly RegFileEntry[] {
    const isMissing = ({ name, mnt_id }: RegFileEntry) =>
      this.#plan.host.stat(this.#mounts.outside(mnt_id) + name) === "missing";
    return this.#files.filter(isMissing).sort((a, b) => a.name.length - b.name.length);
  }

  /** Refuses what cannot be created. */
  check(plan: Plan): void {
    const uses = otherUses(plan);
    for (const { id, name, mode = S_IF.REG } of this.missing) {
      const source = this.#sourceOf(name);
      const [what, type, use] = [`file ${name}`, mode & S_IF.MT, uses.get(id)];
      if (type !== S_IF.REG && type !== S_IF.DIR)
        plan.refuse({ what, why: "it does not exist, and is neither a regular file nor a directory" });
      else if (source !== undefined && plan.host.stat(source) === "missing")
        plan.refuse({ what, why: `it does not exist, and ${source} does not either` });
      else if (source === undefined && type === S_IF.REG && use !== undefined)
        plan.refuse({ what, why: `it does not exist, and ${use}: it cannot be empty`, hint: "give it a source" });
    }
  }

  /** Creates them. Returns those that were created. */
  createAll(): readonly RegFileEntry[] {
    const { host, images, tree } = this.#plan;
    const missing = this.missing;
    this.check(this.#plan);
    this.#plan.assertRestorable();
    asRootOf(host, idsOutside(images, tree.root).root, () => {
      for (const file of missing) this.#create(file);
    });
    return missing;
  }

  #create(file: RegFileEntry): void {
    const { host } = this.#plan;
    const { name, mode = S_IF.REG | OF_FILES, mnt_id } = file;
    const path = this.#mounts.writable(mnt_id, name);
    // Another entry may have the same path.
    if (host.stat(path) !== "missing") return;
    makeParents(host, path);
    const { uid, gid } = this.#ownerOf(file.id);
    if ((mode & S_IF.MT) === S_IF.DIR) makeDirectory(host, path, mode & PERMISSIONS);
    else makeFile(host, path, mode & PERMISSIONS, this.#sourceOf(name));
    host.call.fchownat(AT_FDCWD, path, uid, gid, 0);
    host.call.fchmodat(AT_FDCWD, path, mode & PERMISSIONS);
  }

  /** The user and group with which the first task that uses a file opens files. */
  #ownerOf(id: number): { readonly uid: number; readonly gid: number } {
    const { survivors, images, tree } = this.#plan;
    const uses = (task: Task) => task.descriptors.some((descriptor) => descriptor.id === id);
    const { fsuid = 0, fsgid = 0 } = (survivors.find(uses) ?? tree.root).leader.state.creds ?? {};
    const outside = idsOutside(images, tree.root);
    return { uid: outside.uid(fsuid), gid: outside.gid(fsgid) };
  }
}

function makeParents(host: Host, path: string): void {
  const parent = path.slice(0, path.lastIndexOf("/"));
  if (parent === "" || host.stat(parent) !== "missing") return;
  makeParents(host, parent);
  makeDirectory(host, parent, OF_PARENTS);
}

function makeDirectory(host: Host, path: string, mode: number): void {
  host
    // What the tree has made in it since stays, and in a mount namespace that is gone there is nothing to remove.
    .undoneBy((call) => call.unlinkat(AT_FDCWD, path, AT.REMOVEDIR).allow("any"))
    .mkdirat(AT_FDCWD, path, mode);
}

function makeFile(host: Host, path: string, mode: number, source: string | undefined): void {
  const flags = O.WRONLY | O.CREAT | O.EXCL | O.CLOEXEC;
  const made = host
    .undoneBy((call) => call.unlinkat(AT_FDCWD, path, 0).allow("any"))
    .openat(AT_FDCWD, path, flags, mode);
  try {
    for (let at = 0; source !== undefined; ) {
      const piece = host.readBytes(source, at, PIECE);
      if (piece === undefined || piece.length === 0) break;
      at += host.call.write(made.result, data(piece), piece.length).result;
    }
  } finally {
    host.call.close(made.result);
  }
}
