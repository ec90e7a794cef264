import { hostname } from "node:os";
import { resolve } from "node:path";
import { assertTrusted } from "@restage/core/internal";
import { EXIT } from "../exit-codes.ts";
import { lockDirectory } from "../fleet/lock-directory.ts";
import { withFleet } from "../fleet/with-fleet.ts";
import type { Settings } from "../options/settings.ts";
import { ownCommand } from "../own-command.ts";
import { print } from "../report/print.ts";

const DIRECTORY = "/var/lib/restage";
const ENDING = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** Carries out the orders of a fleet until a signal. Returns the exit code. */
export async function agentCommand(settings: Settings, server: string | undefined): Promise<number> {
  const { labels, name, policy, slots, limit, dashboard } = settings.fleet;
  const { keyFile } = settings.store;
  // Configurations that it names run as root.
  if (policy !== undefined) assertTrusted(resolve(policy));
  const directory = resolve(settings.workDirectory ?? DIRECTORY);
  await lockDirectory(directory);
  const ending = new AbortController();
  for (const signal of ENDING) process.once(signal, () => ending.abort());
  await withFleet(settings, server, async ({ library, fleet, connection }) => {
    const store = await library.openStore(connection);
    const log = (line: string) => print(`${line}\n`);
    const served =
      dashboard === undefined ? undefined : await library.serveDashboard(fleet, store, dashboard.host, dashboard.port);
    if (served !== undefined) log(`dashboard: http://${dashboard?.host}:${served.port}/`);
    await library.runAgent({
      fleet,
      store,
      key: keyFile === undefined ? undefined : library.readStoreKey(keyFile),
      name: name ?? hostname().replace(/[^A-Za-z0-9_-]/g, "-"),
      labels: library.parseLabels(labels),
      directory,
      policy: library.readPolicy(policy),
      command: ownCommand(),
      slots,
      limit,
      signal: ending.signal,
      log,
    });
    served?.close();
  });
  return EXIT.OK;
}
