import { join } from "node:path";
import { pullImages } from "../commands/store.ts";
import type { Settings } from "../options/settings.ts";
import { makeFetchedDirectory } from "./fetched-directories.ts";

/** Pulls images from a store for this process only. Returns their directory. */
export async function fetchImages(settings: Settings, address: string): Promise<string> {
  const directory = join(makeFetchedDirectory(), "images");
  await pullImages(settings, address, directory);
  return directory;
}
