import type { Call, ImageSet, Plan, Task } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { type MountPaths, readMountPaths } from "../../namespaces/mount/mount-paths.ts";
import { Planned } from "../../planned.ts";
import type { OpenFiles } from "../open-files.ts";
import { regularFile } from "./regular-file.ts";

/** The paths of a checkpoint's files, as each task finds them. */
export class FilePaths implements OpenFiles {
  readonly #substitutes = new Map<number, string>();
  readonly #names = new Map<number, string>();
  readonly #planned = new Planned<{ readonly images: ImageSet; readonly mounts: MountPaths }>();

  /** Reads the mounts of the checkpoint. */
  plan(plan: Plan): void {
    this.#planned.set({ images: plan.images, mounts: readMountPaths(plan) });
  }

  open(task: Task, id: number, flags: number): Call {
    const path = this.path(task, id, `an image of task ${task.pid}`);
    return task.call.openat(AT_FDCWD, path, flags | O.CLOEXEC, 0);
  }

  path(task: Task, id: number, namedBy: string): string {
    const substitute = this.#substitutes.get(id);
    if (substitute !== undefined) return substitute;
    const { images, mounts } = this.#planned.value;
    const { name, mnt_id } = regularFile(images, id, namedBy);
    return mounts.forTask(task, mnt_id) + (this.#names.get(id) ?? name);
  }

  substitute(id: number, path: string): void {
    this.#substitutes.set(id, path);
  }

  rename(id: number, name: string): void {
    this.#names.set(id, name);
  }
}
