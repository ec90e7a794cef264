import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { asRestoreError, type Host, RestoreError } from "@restage/core";
import { Host as OwnHost } from "@restage/core/internal";
import { SOCK } from "@restage/linux/abi";
import { connectToPageServer, LOCAL_ADDRESS } from "@restage/plugins/pages";
import { EXIT } from "../exit-codes.ts";
import { LazyDaemon } from "../lazy-pages/daemon.ts";
import { LocalPages } from "../lazy-pages/local-pages.ts";
import type { PageSource } from "../lazy-pages/page-source.ts";
import { RemotePages } from "../lazy-pages/remote-pages.ts";
import { type RunsOf, runsIn } from "../lazy-pages/runs.ts";
import { type NameOf, namesIn } from "../lazy-pages/task-names.ts";
import { openMachine } from "../open-machine.ts";
import { LAZY_PAGES_SOCKET, type Settings } from "../options/settings.ts";
import { writeOwnFile } from "../own-file.ts";
import { tellReady } from "../report/status-byte.ts";
import { ownPath } from "../request.ts";
import { ServiceSocket } from "../rpc/service-socket.ts";
import { PASSED, startWithSocket } from "../start-with-socket.ts";

/** How long a page server can be silent, in milliseconds. */
const PATIENCE = 10_000;
/** How often it looks for signals while no restore has connected, in milliseconds. */
const BREAK = 200;

/** Brings pages to the tasks of one restore, as `criu lazy-pages` does. Returns the exit code. */
export async function lazyPagesCommand(settings: Settings): Promise<number> {
  const { service, restore } = settings;
  const images = realpathSync(restore.images ?? ".");
  const path = ownPath(settings, images, LAZY_PAGES_SOCKET);
  const host = new OwnHost(await openMachine());
  // The paths of sockets must be short.
  process.chdir(resolve(path, ".."));
  const socket =
    service.listening === undefined
      ? ServiceSocket.listen(host, LAZY_PAGES_SOCKET, SOCK.STREAM)
      : new ServiceSocket(host, service.listening);
  const pid = service.daemon ? startInBackground(settings, socket, images) : process.pid;
  if (restore.pidfile !== undefined) writeOwnFile(restore.pidfile, String(pid));
  tellReady(service.statusFd);
  if (service.daemon) return EXIT.OK;
  try {
    await serve(host, socket, images, settings);
    return EXIT.OK;
  } catch (thrown) {
    const error = asRestoreError(thrown, {});
    if (settings.logFile !== undefined) writeOwnFile(settings.logFile, `${error.describe()}\n`);
    throw error;
  }
}

/** Starts the daemon, with the socket. Returns its pid. */
function startInBackground({ service, restore, logFile }: Settings, socket: ServiceSocket, images: string) {
  const { pageServer, address, port, connected } = service;
  if (connected !== undefined) throw new RestoreError("ERR_OPTION", "--daemon and --ps-socket cannot be combined");
  const words = ["lazy-pages", "--listening", PASSED, "--images-dir", images, "--work-dir", process.cwd()];
  if (pageServer) words.push("--page-server", "--port", String(port));
  if (address !== undefined) words.push("--address", address);
  if (logFile !== undefined) words.push("--log-file", logFile);
  if (restore.timeout !== undefined) words.push("--timeout", String(restore.timeout / 1000));
  return startWithSocket(socket.descriptor, ...words);
}

async function serve(host: Host, socket: ServiceSocket, images: string, settings: Settings): Promise<void> {
  const ended = untilSignal();
  const runs = runsIn(images);
  const source = sourceOf(host, runs, namesIn(images), settings);
  const connection = await accept(socket, ended);
  socket.close();
  await new LazyDaemon(host, connection, runs, source).run(ended);
}

function sourceOf(host: Host, runs: RunsOf, nameOf: NameOf, { service, restore }: Settings): PageSource {
  const { pageServer, address = LOCAL_ADDRESS, port, connected } = service;
  const patience = restore.timeout ?? PATIENCE;
  if (connected !== undefined) return new RemotePages(host, connected, patience, nameOf);
  if (!pageServer) return new LocalPages(host, runs, nameOf);
  return new RemotePages(host, connectToPageServer(host, address, port, patience), patience, nameOf);
}

async function accept(socket: ServiceSocket, ended: AbortSignal): Promise<number> {
  for (;;) {
    const connection = socket.accept(BREAK);
    if (connection !== undefined) return connection;
    await new Promise((resolve) => setImmediate(resolve));
    if (ended.aborted) throw new RestoreError("ERR_PLUGIN", `The lazy-pages daemon was ended by ${ended.reason}`);
  }
}

/** Fires when a signal asks this process to end. */
function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(name, () => controller.abort(name));
  return controller.signal;
}
