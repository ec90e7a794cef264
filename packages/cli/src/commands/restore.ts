import { closeSync } from "node:fs";
import { RestoreError } from "@restage/core";
import { execute } from "../execute.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { removeFetchedDirectories } from "../fleet/fetched-directories.ts";
import { openMachine } from "../open-machine.ts";
import type { Settings } from "../options/settings.ts";
import { printError } from "../report/print-error.ts";
import { listenersFinished } from "../report/users-listener.ts";
import { reportedRestore } from "../reported-restore.ts";
import { requestOf } from "../request.ts";
import { stay } from "../stay.ts";

/** Restores a checkpoint, and unless the tree is detached waits until the root task ends. Returns the exit code. */
export async function restoreCommand(settings: Settings): Promise<number> {
  checkTogether(settings);
  for (const descriptor of settings.close) closeSync(descriptor);
  const request = await requestOf(settings, "restore");
  const kernel = await openMachine();
  const own = settings.confirm === undefined ? [] : [(await import("../confirm.ts")).confirmBy(settings.confirm)];
  const tree = await reportedRestore(settings, request, kernel, own);
  if (tree instanceof RestoreError) {
    // With --json it has been printed as an event.
    if (!settings.json) printError(tree, { stack: settings.verbosity >= 4 });
    return exitCodeOf(tree);
  }
  kernel.close();
  removeFetchedDirectories();
  if (settings.execute) {
    await listenersFinished();
    execute(kernel, settings.program);
  }
  if (request.detached !== true) await stay(kernel, tree);
  return EXIT.OK;
}

/** Checks combinations of options, with CRIU's rules. */
function checkTogether({ execute, program, restore: { detached, sibling } }: Settings): void {
  if (execute && program.length === 0) {
    const hint = "for example: `restage restore -D images --exec-cmd -- program arguments`";
    throw new RestoreError("ERR_OPTION", "--exec-cmd needs a program", { hint });
  }
  if (execute && detached === true)
    throw new RestoreError(
      "ERR_OPTION",
      "--exec-cmd and --restore-detached cannot be combined: each sets the tree's parent",
    );
  if (sibling === true && detached !== true)
    throw new RestoreError("ERR_OPTION", "--restore-sibling requires --restore-detached");
}
