import { definePlugin, type Plugin } from "@restage/core";
import { addressText, parseAddress } from "../sockets/inet/addresses.ts";
import { knownOptions } from "./known-options.ts";
import { type MoveOptions, moveSockets } from "./move-sockets.ts";
import { type Move, protocolOf } from "./moved-sockets.ts";

/** Which ports `movePorts` moves. */
export interface MovePortsOptions extends MoveOptions {
  /** Default: both. */
  readonly protocol?: "tcp" | "udp";
  /** Only sockets with this address of their own. `0.0.0.0` and `::` stand for sockets that are bound to every address. */
  readonly address?: string;
}

/**
 * Moves TCP and UDP sockets, IPv4 and IPv6, to other ports: listening, bound and connected ones. Sockets of the checkpoint that are connected to each other
 * stay connected.
 *
 * @param ports the new port for each old one.
 * @example
 * ```ts
 * plugins: [movePorts({ 8080: 9090 }, { connections: "close" })]
 * ```
 */
export function movePorts(ports: Readonly<Record<number, number>>, options: MovePortsOptions = {}): Plugin {
  const moves = new Map(Object.entries(ports).map(([from, to]) => [portOf(from), portOf(to)]));
  const known = { protocol: true, address: true, connections: true, ifMissing: true } as const;
  const { protocol } = knownOptions("movePorts", options, known);
  const address = options.address === undefined ? undefined : canonical(options.address);
  const kinds: readonly (string | undefined)[] = protocol === undefined ? ["tcp", "udp"] : [protocol];
  const move: Move = (end) => {
    const port = moves.get(end.port);
    const isWanted = address === undefined || address === addressText(end.family, end.words);
    if (port === undefined || !isWanted || !kinds.includes(protocolOf(end))) return undefined;
    return { to: { port }, asked: nameOf(end.port) };
  };
  return definePlugin({
    name: "move-ports",
    apply: (hooks) => moveSockets(hooks, { name: "move-ports", move, asked: [...moves.keys()].map(nameOf) }, options),
  });
}

function canonical(text: string): string {
  const address = parseAddress(text);
  if (address === undefined) throw new RangeError(`Cannot move ports: "${text}" is not an address of IPv4 or IPv6`);
  return addressText(address.family, address.words);
}

function nameOf(port: number): string {
  return `port ${port}`;
}

function portOf(value: string | number): number {
  const port = Number(value);
  if (Number.isInteger(port) && port > 0 && port <= 0xffff) return port;
  throw new RangeError(`Cannot move ports: expected a port from 1 to 65535, found ${value}`);
}
