import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Host, Network, noHosts } from "../../examples/fleet/host.ts";
import { NatsServer, noNatsServer } from "../../packages/fleet/test/support/nats-server.ts";
import { Agent } from "./fleet.ts";
import { noRoot, type Obstacle } from "./requirements.ts";
import { COMMAND } from "./restage.ts";
import { privateDirectory, temporaryDirectory } from "./temporary-directory.ts";

/** Why a machine cannot have two hosts with a fleet; undefined where it can. */
export const noTwoHosts: Obstacle = noRoot ?? noNatsServer ?? noHosts();

/** A host with an agent. */
export interface FleetHost {
  readonly host: Host;
  readonly agent: Agent;
  /** The directory in which the host remembers its orders. */
  readonly place: string;
  /** Writes its `default` configuration; plugins are JavaScript. */
  configure(config: object, plugins?: string): void;
}

/** Two hosts of a fleet with their own networks and pids, and a third one with the server. They end with the running test. */
export interface TwoHosts {
  readonly network: Network;
  readonly server: NatsServer;
  readonly desk: Host;
  readonly left: FleetHost;
  readonly right: FleetHost;
  /** A command line that runs the command on a host. */
  command(host: Host, ...words: readonly string[]): readonly string[];
  /** Runs the command on a host to its end. Returns what it printed. Throws if it fails. */
  restage(host: Host, ...words: readonly string[]): string;
}

/** @param policies members of the policies of both hosts, besides their configuration. */
export async function startTwoHosts(config: object, policies: object = {}): Promise<TwoHosts> {
  const network = new Network();
  onTestFinished(() => network.end());
  const desk = await network.add("desk");
  const server = new NatsServer(desk.address, ["nsenter", `--net=/proc/${desk.pid}/ns/net`]);
  onTestFinished(() => server.remove());
  await server.start();
  const add = async (name: string): Promise<FleetHost> => {
    const host = await network.add(name);
    const trusted = privateDirectory(`fleet-${name}`);
    const [file, policy] = [join(trusted, "restore.config.mjs"), join(trusted, "policy.json")];
    writeFileSync(policy, JSON.stringify({ ...policies, configs: { default: file } }));
    const configure = (now: object, plugins = "[]") =>
      writeFileSync(file, `export default { ...${JSON.stringify(now)}, plugins: ${plugins} };\n`);
    configure(config);
    const place = temporaryDirectory(`fleet-${name}`);
    const words = ["--policy", policy];
    const agent = new Agent({ server: server.address, name, place, words, prefix: host.prefix });
    await agent.start();
    return { host, agent, place, configure };
  };
  const [left, right] = [await add("left"), await add("right")];
  const own = ["env", `NATS_URL=${server.address}`, process.execPath, COMMAND];
  return {
    network,
    server,
    desk,
    left,
    right,
    command: (host, ...words) => [...host.prefix, ...own, ...words],
    restage: (host, ...words) => host.run(...own, ...words),
  };
}
