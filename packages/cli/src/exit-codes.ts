import type { RestoreError } from "@restage/core";

/** What the command ends with. */
export const EXIT = {
  /** Restored; or, of `check`, restorable. */
  OK: 0,
  /** Failed, and everything was undone. */
  FAILED: 1,
  USAGE: 2,
  /** Failed after the commit: the message says what runs and what does not. */
  AFTER_COMMIT: 3,
} as const;

export function exitCodeOf(error: RestoreError): number {
  if (error.code === "ERR_COMPLETE") return EXIT.AFTER_COMMIT;
  return error.code === "ERR_OPTION" || error.code === "ERR_CONFIG" ? EXIT.USAGE : EXIT.FAILED;
}
