import type { Commands } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { manual } from "../manual.ts";
import { print } from "../report/print.ts";

/** Prints the manual page. Returns the exit code. */
export function manCommand(commands: Commands): number {
  print(manual(commands));
  return EXIT.OK;
}
