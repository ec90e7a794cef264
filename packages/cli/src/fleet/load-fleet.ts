import { createRequire } from "node:module";
import { RestoreError } from "@restage/core";
import { loadUserModule } from "../load-user-module.ts";

/** What `@restage/fleet` exports. It is optional, so it is loaded like a plugin: from where the command is installed. */
export type Fleet = typeof import("@restage/fleet");

/** Throws ERR_OPTION if it is not installed. */
export async function loadFleet(): Promise<Fleet> {
  return (await loadUserModule(locate())) as Fleet;
}

function locate(): string {
  try {
    return createRequire(import.meta.url).resolve("@restage/fleet");
  } catch (cause) {
    const hint =
      "install it beside the command: `npm install --global restage @restage/fleet`; the executable cannot load it";
    throw new RestoreError("ERR_OPTION", "Stores need the package @restage/fleet", { hint, cause });
  }
}
