import { resolve } from "node:path";
import { type RestoreConfig, RestoreError } from "@restage/core";
import { loadUserModule } from "../load-user-module.ts";

const NAMES = ["restore.config.ts", "restore.config.js", "restore.config.mjs", "restore.config.json", "package.json"];

/**
 * The configuration: the file that is named, or the first that is found upwards from the working directory, or none.
 * TypeScript needs no build step on any runtime.
 *
 * Throws ERR_CONFIG when it cannot be used.
 */
export async function loadConfig(file: string | undefined): Promise<RestoreConfig> {
  const { cosmiconfig } = await import("cosmiconfig");
  const load = async (path: string) => ((await loadUserModule(path)) as { default?: unknown }).default;
  const explorer = cosmiconfig("restore", {
    searchPlaces: NAMES,
    searchStrategy: "global",
    loaders: { ".ts": load, ".js": load, ".mjs": load },
  });
  let found: Awaited<ReturnType<typeof explorer.search>>;
  try {
    found = file === undefined ? await explorer.search() : await explorer.load(resolve(file));
  } catch (error) {
    if (error instanceof RestoreError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new RestoreError("ERR_CONFIG", `Cannot load ${file ?? "the configuration"}: ${message}`, { cause: error });
  }
  if (found === null || found.isEmpty === true) return {};
  if (typeof found.config !== "object" || found.config === null) {
    throw new RestoreError("ERR_CONFIG", `${found.filepath} exports no configuration`, {
      hint: "export default defineConfig({ ... })",
    });
  }
  return found.config as RestoreConfig;
}
