import type { createServer } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  type Connection,
  connectTo,
  type Fleet,
  openFleet,
  openStore,
  parseAddress,
  type Store,
} from "../../packages/fleet/src/mod.ts";
import { LEASE } from "./fleet.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import type { TwoHosts } from "./two-hosts.ts";

/** Passes on what a socket receives, between two places that only share files. */
const PIPE = `
  const { connect, createServer } = process.getBuiltinModule("node:net");
  const relay = (to) => createServer((near) => {
    const far = connect(...to);
    near.pipe(far).pipe(near);
    for (const [one, other] of [[near, far], [far, near]]) one.on("error", () => {}).on("close", () => other.destroy());
  });`;

/** The fleet of two hosts, as a machine sees it that gives orders. */
export interface Desk {
  readonly fleet: Fleet;
  readonly store: Store;
  /** Another connection, which can be closed at any moment. */
  connect(): Promise<Connection>;
}

/** Opens the fleet in this process, which has another network: commands would take most of the time of a test with many orders. */
export async function openDesk({ desk, server }: TwoHosts): Promise<Desk> {
  const socket = join(temporaryDirectory("desk"), "socket");
  const [, host = "", port = ""] = /([\d.]+):(\d+)$/.exec(server.address) ?? [];
  const there = `relay([${port}, "${host}"]).listen(${JSON.stringify(socket)}, () => console.log("ready"));`;
  const far = desk.start(process.execPath, "-e", PIPE + there);
  await new Promise((resolve) => far.stdout?.once("data", resolve));
  const relay = new Function(`${PIPE} return relay`)() as (to: readonly string[]) => ReturnType<typeof createServer>;
  const near = relay([socket]);
  onTestFinished(() => void near.close());
  await new Promise<void>((resolve) => near.listen(0, "127.0.0.1", resolve));
  const address = near.address() as { readonly port: number };
  const connect = async () => {
    const connection = await connectTo(parseAddress(`nats://127.0.0.1:${address.port}`, {}), {});
    onTestFinished(() => connection.close());
    return connection;
  };
  const connection = await connect();
  return { fleet: await openFleet(connection, LEASE), store: await openStore(connection), connect };
}
