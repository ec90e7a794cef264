import { realpathSync } from "node:fs";
import { RestoreError } from "@restage/core";
import { Host } from "@restage/core/internal";
import type { InputOf } from "@restage/images";
import type { LinuxKernel } from "@restage/linux";
import { ANY_ADDRESS, PageSocket } from "@restage/plugins/pages";
import { startPageServer } from "../page-server/start-page-server.ts";
import type { Connection } from "./connection.ts";
import { type CriuOpts, type CriuResp, REQUEST } from "./messages.ts";
import { directoriesOf } from "./read-opts.ts";

/** Starts a page server, a child of this process, and tells the caller its pid and its port. */
export function servePages(kernel: LinuxKernel, { peer }: Connection, opts: CriuOpts): InputOf<CriuResp> {
  const { address = ANY_ADDRESS, port = 0, fd } = opts.ps ?? {};
  const images = realpathSync(directoriesOf(opts, peer).images);
  const socket = fd === undefined ? PageSocket.listen(new Host(kernel), address, port) : undefined;
  const used = socket?.port ?? 0;
  const passed = socket === undefined ? "ps-socket" : "listening";
  const pid = startPageServer(passed, socket?.descriptor ?? fd ?? -1, images, opts.lazy_pages === true);
  if (pid === undefined) throw new RestoreError("ERR_OPTION", "Cannot start a process for the page server");
  return { type: REQUEST.PAGE_SERVER, success: true, ps: { pid, port: used } };
}
