import { definePlugin, type ImageSet, type Plugin, RestoreError, type Task } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { AT_FDCWD, O, SEEK } from "@restage/linux/abi";
import { type MountPaths, readMountPaths } from "../../namespaces/mount/mount-paths.ts";
import { OpenFiles } from "../open-files.ts";

/** Flags of open that made the file at the time, or that a file gets after it is open. */
const NOT_AGAIN = O.CREAT | O.EXCL | O.TRUNC | O.NOCTTY | O.CLOEXEC | O.ASYNC;
const NO_POSITION = 0xffff_ffff_ffff_ffffn;

/** RESTORE: regular files, directories and devices, opened by path. Provides the opening of executables and mapped files too. */
export function regularFiles(): Plugin {
  return definePlugin({
    name: "regular-files",
    duty: "regular-files",
    provides: [OpenFiles],
    stages: { RESTORE: "opens files with a path" },
    apply({ plan, openFile, provide }) {
      let images: ImageSet | undefined;
      let paths: MountPaths | undefined;
      const substitutes = new Map<number, string>();
      const names = new Map<number, string>();
      const pathOf = (task: Task, id: number, namedBy: string) => {
        const substitute = substitutes.get(id);
        if (substitute !== undefined) return substitute;
        const { name, mnt_id } = regularFile(images, id, namedBy);
        return (paths?.forTask(task, mnt_id) ?? "") + (names.get(id) ?? name);
      };
      plan.tap("regular-files", (plan) => {
        images = plan.images;
        paths = readMountPaths(plan);
      });
      provide(OpenFiles, {
        path: pathOf,
        open(task, id, flags) {
          const path = pathOf(task, id, `an image of task ${task.pid}`);
          return task.call.openat(AT_FDCWD, path, flags | O.CLOEXEC, 0);
        },
        substitute: (id, path) => void substitutes.set(id, path),
        rename: (id, name) => void names.set(id, name),
      });
      openFile.for("REG").tap("regular-files", ({ task, entry }) => {
        const file = entry.reg;
        if (file === undefined) return undefined;
        const fd = task.call.openat(AT_FDCWD, pathOf(task, file.id, "files.img"), flagsOfOpen(file), 0);
        const isPath = (file.flags & O.PATH) !== 0;
        if (isPath) return fd;
        if (file.pos !== NO_POSITION && file.pos !== 0n) task.call.lseek(fd, file.pos, SEEK.SET).expect(file.pos);
        return fd;
      });
    },
  });
}

/** The entry of a file with a path. Throws ERR_IMAGE when the id is that of something else. */
export function regularFile(images: ImageSet | undefined, id: number, namedBy: string): RegFileEntry {
  const entry = images?.file(id, namedBy);
  if (entry?.reg !== undefined) return entry.reg;
  throw new RestoreError("ERR_IMAGE", `File ${id}, which ${namedBy} names, is no regular file`, { entry: "files.img" });
}

/** The recorded flags as far as they are open's. */
export function flagsOfOpen(file: RegFileEntry): number {
  let flags = file.flags & ~NOT_AGAIN;
  // The bits of O_TMPFILE contain O_DIRECTORY, which has a meaning of its own. Such a file comes back as a deleted one.
  if ((flags & O.TMPFILE) === O.TMPFILE) flags &= ~O.TMPFILE;
  return flags;
}
