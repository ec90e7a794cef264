import { RestoreError } from "@restage/core";

/** The error with which a restore fails. Throws when the restore succeeds, or fails with another kind of error. */
export async function failureOf(restoring: Promise<unknown>): Promise<RestoreError> {
  try {
    await restoring;
  } catch (error) {
    if (error instanceof RestoreError) return error;
    throw error;
  }
  throw new Error("The restore did not fail");
}
