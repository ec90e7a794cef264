import { defineService, type Service } from "@restage/core";
import type { Passings } from "./transport.ts";

/** What will be passed between tasks, known when the plan is made. */
export interface FilePassings {
  readonly passings: Passings;
}

export const FilePassings: Service<FilePassings> = defineService<FilePassings>("file-passings");
