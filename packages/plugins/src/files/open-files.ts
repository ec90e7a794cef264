import { type Call, defineService, type Service, type Task } from "@restage/core";

/** Opens files of the checkpoint for other use than as descriptors: mappings, executables, directories. */
export interface OpenFiles {
  /** Records the opening of a regular file by its id in files.img. The descriptor is the caller's to close. */
  open(task: Task, id: number, flags: number): Call;
  /** The path of a file by its id, as the task sees it. */
  path(id: number, namedBy: string): string;
  /** Says under which path a file is found during the restore, where it is not its own. */
  substitute(id: number, path: string): void;
}

export const OpenFiles: Service<OpenFiles> = defineService<OpenFiles>("open-files");
