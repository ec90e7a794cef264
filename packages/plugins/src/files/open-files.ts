import { type Call, defineService, type Service, type Task } from "@restage/core";
import type { Location } from "./location.ts";

/** Opens files of the checkpoint for uses other than descriptors: mappings, executables, directories. */
export interface OpenFiles {
  /** Records the opening of a regular file by its id in files.img. The caller closes the descriptor. */
  open(task: Task, id: number, flags: number): Call;
  /** Where the task finds a file, by its id. @param namedBy the image that names the id, for errors. */
  locate(task: Task, id: number, namedBy: string): Location;
  /** Sets another location, at which every task finds the file during the restore. */
  substitute(id: number, location: Location): void;
  /** Sets another name in the file's mount namespace for the time of the restore. */
  rename(id: number, name: string): void;
}

export const OpenFiles: Service<OpenFiles> = defineService<OpenFiles>("open-files");
