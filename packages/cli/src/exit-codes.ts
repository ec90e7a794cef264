import type { RestoreError } from "@restage/core";

/** What the command ends with. */
export const EXIT = {
  /** Restored; of `check`: restorable. */
  OK: 0,
  /** Failed, and everything was undone; of `check`: not restorable. */
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
