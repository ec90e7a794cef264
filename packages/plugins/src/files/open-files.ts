import { type Call, defineService, type Service, type Task } from "@restage/core";

/** Opens files of the checkpoint for uses other than descriptors: mappings, executables, directories. */
export interface OpenFiles {
  /** Records the opening of a regular file by its id in files.img. The caller closes the descriptor. */
  open(task: Task, id: number, flags: number): Call;
  /** The path of a file by its id, as the task finds it. @param namedBy the image that names the id, for errors. */
  path(task: Task, id: number, namedBy: string): string;
  /** Sets another path, by which every task finds the file during the restore. */
  substitute(id: number, path: string): void;
  /** Sets another name in the file's mount namespace for the time of the restore. */
  rename(id: number, name: string): void;
}

export const OpenFiles: Service<OpenFiles> = defineService<OpenFiles>("open-files");
