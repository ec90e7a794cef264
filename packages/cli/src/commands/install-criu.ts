import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { RestoreError } from "@restage/core";
import { launcher, plainLauncher } from "../criu/launcher.ts";
import { EXIT } from "../exit-codes.ts";
import { ownCommand } from "../own-command.ts";
import { print } from "../report/print.ts";

/** Writes programs named criu and crit that start this command with this runtime. Returns the exit code. */
export async function installCriuCommand(directory: string | undefined): Promise<number> {
  if (directory === undefined)
    throw new RestoreError("ERR_OPTION", "Name a directory: `restage install-criu DIR`", {
      hint: "choose one that is in front of CRIU's own in the PATH of the container engine",
    });
  mkdirSync(resolve(directory), { recursive: true });
  const programs = { criu: launcher(ownCommand()), crit: plainLauncher(ownCommand(), "crit") };
  for (const [name, text] of Object.entries(programs)) {
    const path = join(resolve(directory), name);
    writeFileSync(path, text, { mode: 0o755 });
    chmodSync(path, 0o755);
    print(`${path} is Restage now\n`);
  }
  return EXIT.OK;
}
