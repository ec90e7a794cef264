import { closeSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { Host } from "@restage/core/internal";
import { ANY_ADDRESS, PageSocket } from "@restage/plugins/pages";
import { EXIT } from "../exit-codes.ts";
import { openMachine } from "../open-machine.ts";
import type { Settings } from "../options/settings.ts";
import { writeOwnFile } from "../own-file.ts";
import { receivePages } from "../page-server/receive-pages.ts";
import { startPageServer } from "../page-server/start-page-server.ts";
import { print } from "../report/print.ts";
import { tellReady } from "../report/status-byte.ts";

/** Receives the pages of one dump, or gives pages to a lazy-pages daemon, as `criu page-server` does. Returns the exit code. */
export async function pageServerCommand(settings: Settings): Promise<number> {
  const { service, restore, workDirectory = "." } = settings;
  const { connected, listening, lazyPages, daemon } = service;
  const images = realpathSync(restore.images ?? ".");
  const host = new Host(await openMachine());
  // Passed by startPageServer, which has reported this process.
  if (listening !== undefined) return await serve(host, new PageSocket(host, listening).accept(), images, lazyPages);
  const socket =
    connected === undefined ? PageSocket.listen(host, service.address ?? ANY_ADDRESS, service.port) : undefined;
  const port = socket?.port;
  const passed = socket === undefined ? "ps-socket" : "listening";
  const descriptor = socket?.descriptor ?? connected ?? -1;
  const pid = daemon ? startPageServer(passed, descriptor, images, lazyPages) : process.pid;
  if (restore.pidfile !== undefined) writeOwnFile(resolve(workDirectory, restore.pidfile), String(pid));
  tellReady(service.statusFd);
  if (port !== undefined && service.port === 0) print(`${port}\n`);
  if (daemon) return EXIT.OK;
  return await serve(host, socket?.accept() ?? descriptor, images, lazyPages);
}

async function serve(host: Host, connection: number, images: string, lazyPages: boolean): Promise<number> {
  if (lazyPages) {
    await (await import("../page-server/give-pages.ts")).givePages(host, connection, images);
    return EXIT.OK;
  }
  receivePages(connection, images);
  closeSync(connection);
  return EXIT.OK;
}
