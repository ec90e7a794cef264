import type { Host } from "@restage/core";
import { SO, SOL } from "@restage/linux/abi";
import { readOption, writeOption } from "./socket-options/host-options.ts";

/** SO_PEEK_OFF of a socket that has none. */
const NO_OFFSET = -1;

/** Reads the receive queue of a socket without emptying it. @param peek returns the next message; undefined at the end. */
export function peekAll<T>(host: Host, socket: number, peek: () => T | undefined): readonly T[] {
  const before = readOption(host, socket, SOL.SOCKET, SO.PEEK_OFF) ?? NO_OFFSET;
  // With an offset, each peek begins where the one before ended.
  writeOption(host, socket, SOL.SOCKET, SO.PEEK_OFF, 0);
  try {
    const found: T[] = [];
    for (let next = peek(); next !== undefined; next = peek()) found.push(next);
    return found;
  } finally {
    writeOption(host, socket, SOL.SOCKET, SO.PEEK_OFF, before);
  }
}
