import type { DumpOptions } from "@restage/core";
import { RestoreError } from "@restage/core";
import type { ServiceSettings } from "../options/settings.ts";

/** The options of a checkpoint that say where memory goes. Throws ERR_OPTION. */
export function pagesOptions(service: ServiceSettings): Partial<Pick<DumpOptions, "pageServer" | "lazyPages">> {
  const { pageServer, lazyPages, address, port, connected: socket } = service;
  const place = { address, port, socket };
  if (lazyPages) return pageServer ? { lazyPages: place, pageServer: place } : { lazyPages: place };
  if (!pageServer) return {};
  if (port !== 0 || socket !== undefined) return { pageServer: place };
  throw new RestoreError("ERR_OPTION", "Name the port of the page server: --port PORT");
}
