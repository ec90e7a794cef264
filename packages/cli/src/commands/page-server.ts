import { closeSync, realpathSync, writeSync } from "node:fs";
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

/** Receives the pages of one dump, as `criu page-server` does. Returns the exit code. */
export async function pageServerCommand(settings: Settings): Promise<number> {
  const { service, restore, workDirectory = "." } = settings;
  const images = realpathSync(restore.images ?? ".");
  const host = new Host(await openMachine());
  if (service.connected !== undefined) return serve(service.connected, images);
  if (service.listening !== undefined) return serve(new PageSocket(host, service.listening).accept(), images);
  const socket = PageSocket.listen(host, service.address ?? ANY_ADDRESS, service.port);
  const { port, descriptor } = socket;
  const pid = service.daemon ? startPageServer("listening", descriptor, images) : process.pid;
  if (restore.pidfile !== undefined) writeOwnFile(resolve(workDirectory, restore.pidfile), String(pid));
  if (service.statusFd !== undefined) writeSync(service.statusFd, "\0");
  if (service.port === 0) print(`${port}\n`);
  return service.daemon ? EXIT.OK : serve(socket.accept(), images);
}

function serve(connection: number, images: string): number {
  receivePages(connection, images);
  closeSync(connection);
  return EXIT.OK;
}
