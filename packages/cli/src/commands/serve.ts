import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { asRestoreError } from "@restage/core";
import { Host } from "@restage/core/internal";
import { prepare, type Template } from "@restage/core/restore";
import { SOCK } from "@restage/linux/abi";
import { defaultPlugins } from "@restage/plugins/restore";
import { CallerOfClones } from "../clones/caller.ts";
import { parseOrder } from "../clones/request.ts";
import { EXIT } from "../exit-codes.ts";
import { openMachine } from "../open-machine.ts";
import { CLONES_ADDRESS, type Settings } from "../options/settings.ts";
import { writeOwnFile } from "../own-file.ts";
import { pidfile } from "../pidfile.ts";
import { tellReady } from "../report/status-byte.ts";
import { requestOf } from "../request.ts";
import { ServiceSocket } from "../rpc/service-socket.ts";

/** The interval at which signals are handled, in milliseconds. */
const BREAK = 200;
const ENDING = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** Keeps a template of a checkpoint, and makes clones of it for callers that connect to a socket. Returns the exit code after a signal. */
export async function serveCommand(settings: Settings, images: string | undefined): Promise<number> {
  if (images !== undefined) settings.restore.images = images;
  const { service, workDirectory = "." } = settings;
  const { pidfile: own, ...request } = await requestOf(settings, "restore");
  const plugins = [...(request.plugins ?? []), pidfile()];
  const template = await prepare({ ...request, plugins, detached: true }, await openMachine(), defaultPlugins());
  let ending = false;
  for (const signal of ENDING) process.once(signal, () => (ending = true));
  const address = resolve(workDirectory, service.address ?? CLONES_ADDRESS);
  const host = new Host(await openMachine());
  const socket = ServiceSocket.listen(host, address, SOCK.STREAM);
  try {
    if (own !== undefined) writeOwnFile(own, String(process.pid));
    tellReady(service.statusFd);
    while (!ending) {
      const connection = socket.accept(BREAK);
      if (connection !== undefined) await serve(new CallerOfClones(host, connection), template);
      // Lets signal handlers run.
      await setImmediate();
    }
  } finally {
    socket.close();
    rmSync(address, { force: true });
    await template.close();
  }
  return EXIT.OK;
}

/** Makes one clone, and answers the caller, also with a failure. */
async function serve(caller: CallerOfClones, template: Template): Promise<void> {
  try {
    caller.assertAllowed();
    caller.answer(await template.restore(parseOrder(caller.receive())));
  } catch (error) {
    caller.answer({ error: asRestoreError(error, {}) });
  } finally {
    caller.close();
  }
}
