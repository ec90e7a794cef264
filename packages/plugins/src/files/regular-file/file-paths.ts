import type { Call, ImageSet, Plan, Task } from "@restage/core";
import { O } from "@restage/linux/abi";
import { type MountPaths, readMountPaths } from "../../namespaces/mount/mount-paths.ts";
import { Planned } from "../../planned.ts";
import type { Location } from "../location.ts";
import type { OpenFiles } from "../open-files.ts";
import { regularFile } from "./regular-file.ts";

/** Where each task finds the files of a checkpoint. */
export class FilePaths implements OpenFiles {
  readonly #substitutes = new Map<number, Location>();
  readonly #names = new Map<number, string>();
  readonly #planned = new Planned<{ readonly images: ImageSet; readonly mounts: MountPaths }>();

  /** Reads the mounts of the checkpoint. */
  plan(plan: Plan): void {
    this.#planned.set({ images: plan.images, mounts: readMountPaths(plan) });
  }

  open(task: Task, id: number, flags: number): Call {
    const location = this.locate(task, id, `an image of ${task.name}`);
    return task.call.openat(...location, flags | O.CLOEXEC, 0);
  }

  locate(task: Task, id: number, namedBy: string): Location {
    const substitute = this.#substitutes.get(id);
    if (substitute !== undefined) return substitute;
    const { images, mounts } = this.#planned.value;
    const { name, mnt_id } = regularFile(images, id, namedBy);
    return mounts.forTask(task, mnt_id, this.#names.get(id) ?? name);
  }

  substitute(id: number, location: Location): void {
    this.#substitutes.set(id, location);
  }

  rename(id: number, name: string): void {
    this.#names.set(id, name);
  }
}
