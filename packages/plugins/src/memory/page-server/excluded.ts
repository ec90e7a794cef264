import { RestoreError } from "@restage/core";

/** The error for options that cannot be given together. */
export function excluded(options: string): RestoreError {
  return new RestoreError("ERR_OPTION", `${options} cannot be combined`);
}
