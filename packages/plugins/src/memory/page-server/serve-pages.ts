import { data, type Host, output, RestoreError, struct } from "@restage/core";
import {
  decodePageMessage,
  encodePageMessage,
  ImageError,
  PAGE_MESSAGE_SIZE,
  type PageMessage,
  pageFlags,
} from "@restage/images";
import { ERRNO, errnoText, MSG, PAGE_SIZE, POLL, SO, SOL, TCP } from "@restage/linux/abi";
import { limitWaits } from "./page-socket.ts";

/** How long the client can take for what it has begun, in milliseconds. */
const PATIENCE = 30_000;
/** After so many seconds of silence, the client's machine is asked whether it is still there: so often, every so many seconds. */
const [IDLE, TRIES, INTERVAL] = [10, 4, 5];
/** How often it looks for signals, in milliseconds. */
const BREAK = 200;

/** Pages that can be taken. */
export interface ServedPages {
  /** How many bytes there are from an address on, at most `length`; 0 if there are none. */
  find(pid: number, address: number, length: number): number;
  /** How a message names a task. */
  nameOf(pid: number): string;
  /** Writes these to a socket. */
  send(pid: number, address: number, length: number, socket: number): void;
}

/**
 * Serves pages to a lazy-pages daemon, Restage's or CRIU's, until the daemon has every page it needs.
 *
 * Throws ERR_IMAGE if it ends before, or its machine is gone.
 *
 * @param socket connected to it; closed at the end.
 */
export async function servePages(host: Host, socket: number, pages: ServedPages): Promise<void> {
  limitWaits(host, socket, PATIENCE);
  host.attempt("setsockopt", socket, SOL.SOCKET, SO.KEEPALIVE, struct([4, 1]), 4);
  for (const [option, value] of [
    [TCP.NODELAY, 1],
    [TCP.KEEPIDLE, IDLE],
    [TCP.KEEPCNT, TRIES],
    [TCP.KEEPINTVL, INTERVAL],
  ] as const)
    host.attempt("setsockopt", socket, SOL.TCP, option, struct([4, value]), 4);
  try {
    for (;;) {
      await untilReadable(host, socket);
      const message = receive(host, socket);
      if (message.command === "close" || message.command === "force-close") {
        send(host, socket, new Uint8Array(4));
        return;
      }
      give(host, socket, message, pages);
    }
  } finally {
    host.attempt("close", socket);
  }
}

function give(host: Host, socket: number, { command, address, pages, target }: PageMessage, served: ServedPages): void {
  if (command !== "get") throw lost(`sent the command ${command} instead of a request for pages`);
  const [pid, at] = [Number(target), Number(address)];
  const length = served.find(pid, at, pages * PAGE_SIZE);
  if (length === 0) throw lost(`asked for a page that ${served.nameOf(pid)} does not have: 0x${at.toString(16)}`);
  const answer = { flags: pageFlags.PE_PRESENT, address, pages: length / PAGE_SIZE, target };
  send(host, socket, encodePageMessage({ command: "add", ...answer }));
  served.send(pid, at, length, socket);
}

/** Waits for a message without keeping this process from its signals. */
async function untilReadable(host: Host, socket: number): Promise<void> {
  while (host.attempt("poll", struct([4, socket], [4, POLL.IN]), 1, BREAK) <= 0)
    await new Promise((resolve) => setImmediate(resolve));
}

function receive(host: Host, socket: number): PageMessage {
  const header = output(PAGE_MESSAGE_SIZE);
  const count = host.attempt("recvfrom", socket, header, PAGE_MESSAGE_SIZE, MSG.WAITALL, 0, 0);
  if (count === 0) throw lost("ended before it had all pages");
  if (count !== PAGE_MESSAGE_SIZE) throw lost(`cannot be reached: ${errnoText(count < 0 ? -count : ERRNO.EIO)}`);
  try {
    return decodePageMessage(header.bytes);
  } catch (error) {
    if (error instanceof ImageError) throw lost(`sent an invalid message: ${error.message}`);
    throw error;
  }
}

function send(host: Host, socket: number, bytes: Uint8Array): void {
  const sent = host.attempt("sendto", socket, data(bytes), bytes.length, MSG.NOSIGNAL, 0, 0);
  if (sent !== bytes.length) throw lost(`cannot be reached: ${errnoText(-sent)}`);
}

function lost(why: string): RestoreError {
  return new RestoreError("ERR_IMAGE", `Cannot serve pages: the lazy-pages daemon ${why}`, {
    hint: "look at the output of the daemon",
  });
}
