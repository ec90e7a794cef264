import { defineService } from "@restage/core";
import type { Passing } from "./transport.ts";

/** What will be passed between tasks, known when the plan is made. */
export interface FilePassings {
  readonly passings: readonly Passing[];
}

export const FilePassings = defineService<FilePassings>("file-passings");
