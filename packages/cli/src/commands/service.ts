import { closeSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Host } from "@restage/core/internal";
import { EXIT } from "../exit-codes.ts";
import { openMachine } from "../open-machine.ts";
import type { Settings } from "../options/settings.ts";
import { writeOwnFile } from "../own-file.ts";
import { tellReady } from "../report/status-byte.ts";
import { ServiceSocket } from "../rpc/service-socket.ts";
import { PASSED, startWithSocket } from "../start-with-socket.ts";

/** CRIU's default. */
const ADDRESS = "criu_service.socket";
/** How often ended servers are reaped, in milliseconds. */
const BREAK = 500;

/** Serves callers that connect to a socket, as `criu service` does, each by a process of its own. Returns the exit code. */
export async function serviceCommand(settings: Settings): Promise<number> {
  const { service, workDirectory = ".", restore } = settings;
  const host = new Host(await openMachine());
  if (service.listening !== undefined) return await serveAll(new ServiceSocket(host, service.listening));
  const socket = ServiceSocket.listen(host, resolve(workDirectory, service.address ?? ADDRESS));
  const pid = service.daemon ? startWithSocket(socket.descriptor, "service", "--listening", PASSED) : process.pid;
  if (restore.pidfile !== undefined) writeOwnFile(resolve(workDirectory, restore.pidfile), String(pid));
  tellReady(service.statusFd);
  return service.daemon ? EXIT.OK : await serveAll(socket);
}

async function serveAll(socket: ServiceSocket): Promise<never> {
  for (;;) {
    const connection = socket.accept(BREAK);
    if (connection !== undefined) {
      startWithSocket(connection, "swrk", PASSED);
      closeSync(connection);
    }
    await setImmediate();
  }
}
