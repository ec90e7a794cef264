import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, connectTo, openStore, parseAddress, type Store } from "@restage/fleet";

/** A server with JetStream on this machine, and a connection to it. */
export interface Nats {
  readonly address: string;
  readonly connection: Connection;
  readonly store: Store;
  /** Ends the server, and removes what it has stored. */
  end(): Promise<void>;
}

/** Starts a server, on a free port, in a new directory below another one. */
export async function startNats(parent: string): Promise<Nats> {
  const directory = mkdtempSync(join(parent, "nats-"));
  const ports = join(directory, "ports");
  mkdirSync(ports);
  const words = ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", directory, "--ports_file_dir", ports];
  const server = spawn("nats-server", words, { stdio: "ignore" });
  const ended = new Promise((resolve) => server.once("close", resolve));
  server.once("error", () => {});
  let address: string | undefined;
  while (address === undefined && server.pid !== undefined && server.exitCode === null) {
    await sleep(20);
    const [file] = readdirSync(ports);
    [address] = /nats:\/\/[\d.]+:\d+/.exec(file === undefined ? "" : readFileSync(join(ports, file), "utf8")) ?? [];
  }
  if (address === undefined) throw new Error("nats-server does not start");
  const connection = await connectTo(parseAddress(`${address}/`, {}), {});
  return {
    address,
    connection,
    store: await openStore(connection),
    async end() {
      await connection.close();
      server.kill();
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
