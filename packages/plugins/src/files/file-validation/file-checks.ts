import { defineService, type Service } from "@restage/core";

/** The checks that files are as they were at the checkpoint. */
export interface FileChecks {
  /** Leaves a file out, by its id in files.img. To be called before the checks: in `plan` taps before that of the duty file-validation. */
  leaveOut(id: number): void;
}

export const FileChecks: Service<FileChecks> = defineService<FileChecks>("file-checks");
