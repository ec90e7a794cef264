import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type RestoreConfig, RestoreError, type RestoreRequest } from "@restage/core";
import { loadConfig } from "@restage/core/internal";
import type { Settings } from "./options/settings.ts";
import { usersListener } from "./report/users-listener.ts";

/**
 * The request for a restore: the configuration, overridden by the command line.
 *
 * Throws ERR_CONFIG, and ERR_OPTION when no checkpoint is named.
 */
export async function requestOf(settings: Settings): Promise<RestoreRequest> {
  const request = await requestWithoutImages(settings);
  const { images } = request;
  if (images !== undefined) return { ...request, images };
  const hint = "use -D DIR, or set `images` in restore.config.ts";
  throw new RestoreError("ERR_OPTION", "Name a checkpoint: the directory of its images", { hint });
}

/** The same request, without requiring a checkpoint. */
export async function requestWithoutImages(settings: Settings): Promise<RestoreConfig> {
  const importModule = async (path: string) => (await import("./load-user-module.ts")).loadUserModule(path);
  const readyMade = () => import("@restage/plugins");
  const config =
    settings.noConfig && settings.config === undefined
      ? {}
      : await loadConfig({ file: settings.config, importModule, readyMade });
  const { onEvent } = config;
  const listening = onEvent === undefined ? {} : { onEvent: usersListener(onEvent) };
  const request = { ...config, ...listening, ...settings.restore };
  // Without -D, it is the working directory, as with CRIU.
  const images = request.images ?? (existsSync("inventory.img") ? "." : undefined);
  if (images === undefined) return request;
  const { pidfile } = request;
  return { ...request, images, ...(pidfile === undefined ? {} : { pidfile: ownPath(settings, images, pidfile) }) };
}

/** The path of a file that the command itself writes: with the images, like CRIU's, unless the user chooses another directory. */
export function ownPath({ workDirectory }: Settings, images: string, file: string): string {
  return resolve(workDirectory ?? images, file);
}
