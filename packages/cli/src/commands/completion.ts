import { RestoreError } from "@restage/core";
import type { Commands } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { SHELLS, type Shell } from "../completion/grammar.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { EXIT } from "../exit-codes.ts";
import { print } from "../report/print.ts";

const SCRIPTS: Readonly<Record<Shell, (commands: Commands) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Prints the script that completes command lines of `restage` in a shell. Returns the exit code. */
export function completionCommand(given: string | undefined, commands: Commands): number {
  const shell = SHELLS.find((shell) => shell === given);
  if (shell === undefined)
    throw new RestoreError("ERR_OPTION", `Name a shell: ${SHELLS.join(", ")}`, {
      hint: "for example: `source <(restage completion bash)`",
    });
  print(SCRIPTS[shell](commands));
  return EXIT.OK;
}
