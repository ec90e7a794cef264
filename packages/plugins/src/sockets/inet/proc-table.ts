import type { Host, Plan } from "@restage/core";
import { AF } from "@restage/linux/abi";
import { sharesNetwork } from "../../namespaces/own-namespaces.ts";
import type { InetEnd } from "./format.ts";

/** A line of /proc/net/tcp, udp, tcp6 or udp6. */
export interface InetRow {
  readonly family: number;
  readonly local: InetEnd;
  readonly remote: InetEnd;
  readonly state: number;
  /** 0 when no process has the socket any more. */
  readonly inode: number;
}

/** Lists the TCP or UDP sockets with a port in the network namespace that the tree will use; a new namespace has none. */
export function readInetTable(plan: Plan, protocol: "tcp" | "udp"): readonly InetRow[] {
  const { host } = plan;
  if (!sharesNetwork(plan)) return [];
  return [...readRows(host, `/proc/net/${protocol}`, AF.INET), ...readRows(host, `/proc/net/${protocol}6`, AF.INET6)];
}

function readRows(host: Host, path: string, family: number): readonly InetRow[] {
  const lines = (host.readText(path) ?? "").split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/);
    if (local === undefined || remote === undefined || state === undefined) return [];
    return {
      family,
      local: parseEnd(local),
      remote: parseEnd(remote),
      state: Number.parseInt(state, 16),
      inode: Number(inode),
    };
  });
}

/** Parses `0100007F:1F90`: words as they are in memory, in hexadecimal. */
function parseEnd(text: string): InetEnd {
  const [address = "", port = ""] = text.split(":");
  const words = address.match(/.{8}/g) ?? [];
  return { words: words.map((word) => Number.parseInt(word, 16)), port: Number.parseInt(port, 16) };
}
