import { type Call, defineService, type Service, type Task } from "@restage/core";

/** Opens files of the checkpoint for other use than as descriptors: mappings, executables, directories. */
export interface OpenFiles {
  /** Records the opening of a regular file by its id in files.img. The descriptor is the caller's to close. */
  open(task: Task, id: number, flags: number): Call;
  /** The path of a file by its id, as the task finds it. */
  path(task: Task, id: number, namedBy: string): string;
  /** Says under which path every task finds a file during the restore, where it is not its own. */
  substitute(id: number, path: string): void;
  /** Says what name a file has during the restore, in its mount namespace. */
  rename(id: number, name: string): void;
}

export const OpenFiles: Service<OpenFiles> = defineService<OpenFiles>("open-files");
