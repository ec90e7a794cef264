import { chmodSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { RestoreError } from "@restage/core";
import { launcher } from "../criu/launcher.ts";
import { EXIT } from "../exit-codes.ts";
import { print } from "../report/print.ts";

/** Writes a program named criu that starts this command with this runtime. Returns the exit code. */
export async function installCriuCommand(directory: string | undefined): Promise<number> {
  if (directory === undefined)
    throw new RestoreError("ERR_OPTION", "Name a directory: `restage install-criu DIR`", {
      hint: "choose one that is in front of CRIU's own in the PATH of the container engine",
    });
  const path = join(resolve(directory), "criu");
  mkdirSync(resolve(directory), { recursive: true });
  writeFileSync(path, launcher(ownCommand()), { mode: 0o755 });
  chmodSync(path, 0o755);
  print(`${path} is Restage now\n`);
  return EXIT.OK;
}

/** The runtime with its arguments and the script; the executable is both in one. */
function ownCommand(): readonly string[] {
  const [, script = ""] = process.argv;
  if (script.startsWith("/$bunfs/")) return [process.execPath];
  // Deno runs a script only with a subcommand and permissions.
  return [process.execPath, ...("Deno" in globalThis ? ["run", "-A"] : []), realpathSync(script)];
}
