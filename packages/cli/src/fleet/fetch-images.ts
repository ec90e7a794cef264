import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pullImages } from "../commands/store.ts";
import type { Settings } from "../options/settings.ts";
import { addFetchedDirectory } from "./fetched-directories.ts";

/** Pulls images from a store for this process only. Returns their directory. */
export async function fetchImages(settings: Settings, address: string): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), "restage-images-"));
  addFetchedDirectory(place);
  const directory = join(place, "images");
  await pullImages(settings, address, directory);
  return directory;
}
