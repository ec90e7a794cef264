import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type RestoreConfig, RestoreError, type RestoreRequest } from "@restage/core";
import { type CheckpointFlags, type RestoreFlags, restoreConfig } from "./restore-options.ts";

const CONFIGS = ["restore.config.ts", "restore.config.js", "restore.config.mjs", "restore.config.json"];

/** What is to be restored: the configuration, and over it the command line. */
export async function requestOf(flags: CheckpointFlags & RestoreFlags): Promise<RestoreRequest> {
  const config = await configOf(flags.config);
  const request = { ...config, ...restoreConfig(flags) };
  if (request.images === undefined) {
    throw new RestoreError("ERR_OPTION", "No checkpoint is named", {
      hint: "name the directory of its images with -D, or `images` in restore.config.ts",
    });
  }
  return request as RestoreRequest;
}

/** Loading the library that reads configurations takes longer than a small restore: only where there may be one. */
async function configOf(file: string | undefined): Promise<RestoreConfig> {
  if (file === undefined && !mayHaveConfig(process.cwd())) return {};
  const { loadConfig } = await import("./load-config.ts");
  return loadConfig(file);
}

function mayHaveConfig(directory: string): boolean {
  if (CONFIGS.some((name) => existsSync(join(directory, name)))) return true;
  const manifest = join(directory, "package.json");
  if (existsSync(manifest) && readFileSync(manifest, "utf8").includes('"restore"')) return true;
  const parent = dirname(directory);
  return parent !== directory && mayHaveConfig(parent);
}
