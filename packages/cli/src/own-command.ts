import { realpathSync } from "node:fs";

/** The runtime with its arguments and the script; the executable is both in one. */
export function ownCommand(): readonly string[] {
  const [, script = ""] = process.argv;
  if (script.startsWith("/$bunfs/")) return [process.execPath];
  // Deno runs a script only with a subcommand and permissions.
  return [process.execPath, ...("Deno" in globalThis ? ["run", "-A"] : []), realpathSync(script)];
}
