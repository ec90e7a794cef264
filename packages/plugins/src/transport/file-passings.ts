import { defineService, type Service } from "@restage/core";
import type { Passings } from "./transport.ts";

/** The files that tasks will pass to each other, as planned. */
export interface FilePassings {
  readonly passings: Passings;
}

export const FilePassings: Service<FilePassings> = defineService<FilePassings>("file-passings");
