import { type Checkpoint, definePlugin, type Plan, RestoreError, type RestorePlugin } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { AT_FDCWD, O, S_IF, SEEK } from "@restage/linux/abi";
import { OpenFiles } from "./open-files.ts";
import { referencedFiles } from "./referenced-files.ts";

/** Flags of open that made the file at the time, or that a file gets after it is open. */
const NOT_AGAIN = O.CREAT | O.EXCL | O.TRUNC | O.NOCTTY | O.CLOEXEC;
const PERMISSIONS = 0o777;
const NO_POSITION = 0xffff_ffff_ffff_ffffn;

/**
 * Regular files, directories and devices: opened by path, checked against what they were. Provides the opening of executables and mapped files
 * too.
 */
export function regularFiles(): RestorePlugin {
  return definePlugin({
    name: "regular-files",
    duty: "regular-files",
    provides: [OpenFiles],
    stages: { RESTORE: "opens files with a path" },
    apply({ plan, stages, openFile, provide }) {
      let checkpoint: Checkpoint | undefined;
      plan.tap("regular-files", (plan) => {
        checkpoint = plan.checkpoint;
        checkFiles(plan);
      });
      provide(OpenFiles, {
        path: (id, namedBy) => regularFile(checkpoint, id, namedBy).name,
        open(task, id, flags) {
          const { name } = regularFile(checkpoint, id, `an image of task ${task.pid}`);
          return task.call.openat(AT_FDCWD, name, flags | O.CLOEXEC, 0);
        },
      });
      openFile.for("REG").tap("regular-files", ({ task, entry }) => {
        const file = entry.reg;
        if (file === undefined) return undefined;
        const fd = task.call.openat(AT_FDCWD, file.name, file.flags & ~NOT_AGAIN, 0);
        const seekable = (file.flags & O.PATH) !== O.PATH && file.pos !== NO_POSITION && file.pos !== 0n;
        if (seekable) task.call.lseek(fd, file.pos, SEEK.SET).expect(file.pos);
        return fd;
      });
    },
  });
}

function regularFile(checkpoint: Checkpoint | undefined, id: number, namedBy: string): RegFileEntry {
  const entry = checkpoint?.file(id, namedBy);
  if (entry?.reg !== undefined) return entry.reg;
  throw new RestoreError("ERR_IMAGE", `File ${id}, which ${namedBy} names, is no regular file`, { entry: "files.img" });
}

/** Every file with a path that is used at all: is it there, and is it what it was? */
function checkFiles(plan: Plan): void {
  const remapped = new Set(plan.checkpoint.values("remap_fpath").map((remap) => remap.orig_id));
  const seen = new Set<string>();
  for (const id of referencedFiles(plan)) {
    const entry = plan.checkpoint.file(id, "a task");
    const file = entry.reg;
    if (file === undefined) continue;
    // Each task has entries of its own for its executable and directories: the same file is looked at once.
    const same = `${file.name} ${file.size} ${file.mode} ${file.fown.pid} ${file.ext} ${remapped.has(id)}`;
    if (seen.has(same)) continue;
    seen.add(same);
    const what = `file ${file.name}`;
    if (remapped.has(id)) {
      plan.refuse({ what, why: "it had been deleted while open (ghost file, link remap), which is not restored yet" });
      continue;
    }
    if (file.ext === true) plan.refuse({ what, why: "it is external (--external file), which is not restored yet" });
    if (file.fown.pid !== 0) plan.refuse({ what, why: "signals were to be sent on I/O (F_SETOWN), which is not restored yet" });
    checkFile(plan, file, what);
  }
}

function checkFile(plan: Plan, file: RegFileEntry, what: string): void {
  const now = plan.host.stat(file.name);
  if (now === "unknown") return;
  if (now === "missing") {
    plan.refuse({ what, why: "it is not there", hint: "put it back, or rewrite its path: entries.reg_files" });
    return;
  }
  // Recorded for all files but those open for appending, which grow.
  if (file.size !== undefined && (now.mode & S_IF.MT) === S_IF.REG && now.size !== file.size) {
    plan.refuse({
      what,
      why: `its size is ${now.size} bytes, and was ${file.size} at the checkpoint`,
      hint: "put back the file as it was, or rewrite `size` of its entry if the change is meant: entries.reg_files",
    });
  }
  if (file.mode !== undefined) checkMode(plan, file.mode, now.mode, what);
}

function checkMode(plan: Plan, recorded: number, now: number, what: string): void {
  const relevant = plan.options.skipFileRwxCheck ? 0o177777 & ~PERMISSIONS : 0o177777;
  if ((recorded & relevant) === (now & relevant)) return;
  plan.refuse({
    what,
    why: `its mode is 0${now.toString(8)}, and was 0${recorded.toString(8)} at the checkpoint`,
    hint: "mend it with chmod, or accept changed permissions with --skip-file-rwx-check",
  });
}

