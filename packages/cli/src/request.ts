import { existsSync } from "node:fs";
import { resolve } from "node:path";
import {
  type CheckpointSection,
  type RestoreConfig,
  RestoreError,
  type RestoreRequest,
  type RestoreSection,
} from "@restage/core";
import { loadConfig, noteFile, optionsFor, type SectionName } from "@restage/core/internal";
import { isArchive } from "./archive/compression.ts";
import { isInStore } from "./fleet/fetched-directories.ts";
import type { Settings } from "./options/settings.ts";
import { usersListener } from "./report/users-listener.ts";

/** The commands that restore, or show what a restore would do. */
type RestoreCommand = Exclude<SectionName, "checkpoint">;

/**
 * The request for a restore: the configuration, overridden by environment variables and the command line.
 *
 * Throws ERR_CONFIG, and ERR_OPTION when no checkpoint is named.
 */
export async function requestOf(settings: Settings, command: RestoreCommand): Promise<RestoreRequest> {
  const { images, ...request } = await withImagesHere(settings, await requestWithoutImages(settings, command));
  if (images !== undefined) return { ...request, images };
  const hint = "use -D DIR, or set `images` in restore.config.ts";
  throw new RestoreError("ERR_OPTION", "Name a checkpoint: the directory of its images", { hint });
}

/** The same request, without requiring a checkpoint. */
export async function requestWithoutImages(settings: Settings, command: RestoreCommand): Promise<RestoreSection> {
  const request = { ...listening(optionsFor(command, await configOf(settings))), ...settings.restore };
  // Without -D, it is the working directory, as with CRIU.
  const images = request.images ?? (existsSync("inventory.img") ? "." : undefined);
  if (images === undefined) return request;
  // The directory of images from a store or an archive is temporary.
  if (isInStore(images) || isArchive(images)) settings.workDirectory ??= ".";
  if (!isInStore(images)) noteFile(images);
  const { pidfile, lazyPages } = request;
  return {
    ...request,
    images,
    ...(pidfile === undefined ? {} : { pidfile: ownPath(settings, images, pidfile) }),
    ...(lazyPages === undefined ? {} : { lazyPages: ownPath(settings, images, lazyPages) }),
  };
}

/** The options of a checkpoint that come from the configuration and from environment variables. */
export async function checkpointOptions(settings: Settings): Promise<CheckpointSection> {
  return listening(optionsFor("checkpoint", await configOf(settings)));
}

/** The configuration that the command line names, or the nearest one. Throws ERR_CONFIG. */
async function configOf({ config, noConfig }: Settings): Promise<RestoreConfig> {
  if (noConfig && config === undefined) return {};
  const file = config ?? (process.env["RESTAGE_CONFIG"] || undefined);
  const importModule = async (path: string) => (await import("./load-user-module.ts")).loadUserModule(path);
  const readyMade = () => import("@restage/plugins");
  return await loadConfig({ file, importModule, readyMade });
}

/** The same options, with a listener that is not called again after it has failed. */
function listening<T extends RestoreSection | CheckpointSection>(options: T): T {
  const { onEvent } = options;
  return onEvent === undefined ? options : { ...options, onEvent: usersListener(onEvent) };
}

/** The same request, with images that were pulled from a store or unpacked from an archive if they are there. */
export async function withImagesHere(settings: Settings, request: RestoreConfig): Promise<RestoreConfig> {
  const { images } = request;
  if (images === undefined) return request;
  if (isArchive(images))
    return { ...request, images: await (await import("./archive/unpack-archive.ts")).unpackArchive(images) };
  if (!isInStore(images)) return request;
  return { ...request, images: await (await import("./fleet/fetch-images.ts")).fetchImages(settings, images) };
}

/** The path of a file that the command itself writes: with the images, like CRIU's, unless the user chooses another directory. */
export function ownPath({ workDirectory }: Settings, images: string, file: string): string {
  return resolve(workDirectory ?? images, file);
}
