import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { RestoreError, type RestoreRequest } from "@restage/core";
import { loadConfig } from "@restage/core/internal";
import type { Settings } from "./options/settings.ts";

/**
 * What is to be restored: the configuration, and over it the command line.
 *
 * Throws ERR_CONFIG, and ERR_OPTION when nobody names a checkpoint.
 */
export async function requestOf(settings: Settings): Promise<RestoreRequest> {
  const request = await requestWithoutImages(settings);
  // Without -D it is the working directory, as with CRIU.
  const images = request.images ?? (existsSync("inventory.img") ? "." : undefined);
  if (images === undefined) {
    const hint = "name the directory of its images with -D, or as `images` in restore.config.ts";
    throw new RestoreError("ERR_OPTION", "No checkpoint is named", { hint });
  }
  const { pidfile } = request;
  if (pidfile === undefined) return { ...request, images };
  return { ...request, images, pidfile: resolve(workDirectory(settings, images), pidfile) };
}

/** The same, for who can do without a checkpoint. */
export async function requestWithoutImages(settings: Settings): Promise<Partial<RestoreRequest>> {
  const importModule = async (path: string) => (await import("./load-user-module.ts")).loadUserModule(path);
  const config = await loadConfig({ file: settings.config, importModule });
  return { ...config, ...settings.restore };
}

/** Where the command's own files are, if not elsewhere: as CRIU's, with the images. */
export function workDirectory({ workDirectory }: Settings, images: string): string {
  return resolve(workDirectory ?? images);
}
