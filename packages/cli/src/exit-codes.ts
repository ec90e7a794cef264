import type { RestoreError } from "@restage/core";

/** The exit codes of the command. */
export const EXIT = {
  /** Restored; of `check`: restorable. */
  OK: 0,
  /** Failed and rolled back; of `check`: not restorable. */
  FAILED: 1,
  USAGE: 2,
  /** Failed after the commit: the message says what runs and what does not. */
  AFTER_COMMIT: 3,
} as const;

export function exitCodeOf({ code }: RestoreError): number {
  switch (code) {
    case "ERR_OPTION":
    case "ERR_CONFIG":
      return EXIT.USAGE;
    case "ERR_COMPLETE":
      return EXIT.AFTER_COMMIT;
    default:
      return EXIT.FAILED;
  }
}
