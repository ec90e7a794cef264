import { definePlugin, type Plan, type Plugin } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { O, S_IF } from "@restage/linux/abi";
import { readMountPaths } from "../../namespaces/mount/mount-paths.ts";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { referencedFiles } from "../descriptors/referenced-files.ts";
import { isInherited } from "../inherited-file/restore.ts";
import { readRemaps } from "../remaps.ts";
import { readBuildId } from "./build-id.ts";

const PERMISSIONS = 0o777;
const WHOLE_MODE = 0o177777;

/**
 * Before any task exists: is every file with a path still there, and is it what it was? Size, mode and, of programs and libraries, the build-id
 * are compared, as with CRIU's --file-validation. Files that had been deleted are looked at by those who bring them back.
 */
export function fileValidation(): Plugin {
  return definePlugin({
    name: "file-validation",
    duty: "file-validation",
    stages: { RESTORE: "in a mount namespace of the tree's own: looks whether its files are what they were" },
    apply({ plan, stages }) {
      let later: Plan | undefined;
      plan.tap("file-validation", (plan) => {
        if (hasOwnNamespace(plan.images, plan.tree.root, "mount")) later = plan;
        else validateFiles(plan);
      });
      stages.RESTORE.enter.tap("file-validation", () => {
        if (later === undefined) return;
        validateFiles(later);
        later.assertRestorable();
      });
    },
  });
}

function validateFiles(plan: Plan): void {
  const remapped = new Set(readRemaps(plan.images).map(({ id }) => id));
  const pids = pidsOf(plan);
  const paths = readMountPaths(plan);
  const seen = new Set<string>();
  for (const id of referencedFiles(plan)) {
    const entry = plan.images.file(id, "a task");
    const file = entry.reg;
    if (file === undefined || file.ext === true || isInherited(plan.options, entry)) continue;
    if (remapped.has(id) || pids.has(pidIn(file.name))) continue;
    // Each task has entries of its own for its executable and directories: the same file is looked at once.
    const same = [file.name, file.size, file.mode, file.flags & O.PATH, ...file.build_id].join(" ");
    if (seen.has(same)) continue;
    seen.add(same);
    validateFile(plan, file, file.name, paths.outside(file.mnt_id) + file.name);
  }
}

/** The process below whose directory in /proc a path leads. */
function pidIn(path: string): number {
  return Number(/^\/proc\/(\d+)(\/|$)/.exec(path)?.[1]);
}

/** Processes and threads that are not there yet: those of the checkpoint, and ended ones of which files are open. */
function pidsOf(plan: Plan): ReadonlySet<number> {
  const dead = readRemaps(plan.images).filter(({ kind }) => kind === "dead-process");
  const threads = plan.tree.tasks.flatMap((task) => task.threads.map(({ tid }) => tid));
  return new Set([...threads, ...dead.map(({ source }) => source)]);
}

/** Refuses a file when what is at `path` now is not what it was. @param outside where this process finds it. */
export function validateFile(plan: Plan, file: RegFileEntry, path: string, outside = path): void {
  // O_PATH opens a symbolic link itself, and what it leads to is of no interest.
  if (file.mode !== undefined && (file.mode & S_IF.MT) === S_IF.LNK) return;
  const what = `file ${path}`;
  const now = plan.host.stat(outside);
  if (now === "unknown") return;
  if (now === "missing") {
    plan.refuse({ what, why: "it is not there", hint: "put it back, or rewrite its path: entries.reg_files" });
    return;
  }
  const isRegular = (now.mode & S_IF.MT) === S_IF.REG;
  // Recorded for all files but those open for appending, which grow.
  if (file.size !== undefined && isRegular) {
    if (now.size === file.size) validateBuildId(plan, file, path, outside);
    else {
      plan.refuse({
        what,
        why: `its size is ${now.size} bytes, and was ${file.size} at the checkpoint`,
        hint: "put back the file as it was, or rewrite `size` of its entry if the change is meant: entries.reg_files",
      });
    }
  }
  if (file.mode !== undefined) validateMode(plan, file.mode, now.mode, what);
}

function validateMode(plan: Plan, recorded: number, now: number, what: string): void {
  const relevant = plan.options.skipFileRwxCheck ? WHOLE_MODE & ~PERMISSIONS : WHOLE_MODE;
  if ((recorded & relevant) === (now & relevant)) return;
  plan.refuse({
    what,
    why: `its mode is 0${now.toString(8)}, and was 0${recorded.toString(8)} at the checkpoint`,
    hint: "mend it with chmod, or accept changed permissions with --skip-file-rwx-check",
  });
}

/** The image has the build-id in whole words, filled up with zeroes. */
function validateBuildId(plan: Plan, file: RegFileEntry, path: string, outside: string): void {
  if (plan.options.fileValidation !== "buildid" || file.build_id.length === 0) return;
  const found = readBuildId((offset, length) => plan.host.readBytes(outside, offset, length));
  if (found === "unknown") return;
  const recorded = hex(new Uint8Array(Uint32Array.from(file.build_id).buffer));
  const now = found === undefined ? undefined : hex(found);
  if (now !== undefined && recorded.startsWith(now) && /^0{0,6}$/.test(recorded.slice(now.length))) return;
  plan.refuse({
    what: `file ${path}`,
    why: `it has ${now === undefined ? "no build-id" : `build-id ${now}`}, and had ${recorded} at the checkpoint: it is another build`,
    hint: "put back the file as it was, or compare only sizes with --file-validation filesize",
  });
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
