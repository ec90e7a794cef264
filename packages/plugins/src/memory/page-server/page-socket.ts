import { isIPv4 } from "node:net";
import { asRestoreError, data, type Host, output, RestoreError, struct } from "@restage/core";
import { AF, ERRNO, errnoText, POLL, SO, SOCK, SOL } from "@restage/linux/abi";

/** struct sockaddr_in. Source: ip(7). */
const ADDRESS_SIZE = 16;

/** CRIU's default: every address of this machine. */
export const ANY_ADDRESS = "0.0.0.0";
/** Where a page server is, by default. */
export const LOCAL_ADDRESS = "127.0.0.1";
/** How often it looks for signals while nothing connects, in milliseconds. */
const BREAK = 200;

/** A TCP socket to which a dump connects, once. */
export class PageSocket {
  readonly #host: Host;
  readonly descriptor: number;
  #isClosed = false;

  /** @param descriptor of a listening socket. */
  constructor(host: Host, descriptor: number) {
    this.#host = host;
    this.descriptor = descriptor;
  }

  /** Throws ERR_OPTION. @param port 0 for any free port. */
  static listen(host: Host, address: string, port: number): PageSocket {
    const bytes = encodeAddress(address, port);
    const socket = host.call.socket(AF.INET, SOCK.STREAM | SOCK.CLOEXEC, 0).result;
    try {
      host.call.setsockopt(socket, SOL.SOCKET, SO.REUSEADDR, struct([4, 1]), 4);
      host.call.bind(socket, data(bytes), ADDRESS_SIZE);
      host.call.listen(socket, 1);
    } catch (error) {
      host.attempt("close", socket);
      throw asRestoreError(error, { hint: "choose another address or port: --address IP, --port PORT" });
    }
    return new PageSocket(host, socket);
  }

  get port(): number {
    const address = output(ADDRESS_SIZE);
    this.#host.attempt("getsockname", this.descriptor, address, struct([4, ADDRESS_SIZE]));
    return Buffer.from(address.bytes).readUInt16BE(2);
  }

  /** Waits for the dump. Returns the descriptor of its connection. */
  accept(): number {
    const connection = this.#host.attempt("accept4", this.descriptor, 0, 0, SOCK.CLOEXEC);
    if (connection >= 0) return connection;
    throw new RestoreError("ERR_OPTION", `Descriptor ${this.descriptor} is not a listening TCP socket`);
  }

  /** The same, without keeping this process from its signals. */
  async acceptPatiently(): Promise<number> {
    const asked = struct([4, this.descriptor], [4, POLL.IN]);
    while (this.#host.attempt("poll", asked, 1, BREAK) <= 0) await new Promise((resolve) => setImmediate(resolve));
    return this.accept();
  }

  close(): void {
    if (!this.#isClosed) this.#host.attempt("close", this.descriptor);
    this.#isClosed = true;
  }
}

/**
 * Connects to a page server. Returns the descriptor of the connection.
 *
 * Throws ERR_OPTION.
 *
 * @param limit how long that can take, and later each wait for the server, in milliseconds.
 */
export function connectToPageServer(host: Host, address: string, port: number, limit: number): number {
  const bytes = encodeAddress(address, port);
  const socket = host.call.socket(AF.INET, SOCK.STREAM | SOCK.CLOEXEC, 0).result;
  limitWaits(host, socket, limit);
  const result = host.attempt("connect", socket, data(bytes), bytes.length);
  if (result >= 0) return socket;
  host.attempt("close", socket);
  const why = result === -ERRNO.EINPROGRESS ? `no answer for ${limit / 1000} s` : errnoText(-result);
  throw new RestoreError("ERR_OPTION", `Cannot connect to the page server at ${address}:${port}: ${why}`, {
    hint: "start the page server first, and check --address and --port",
  });
}

/** Limits how long calls wait for the other side of a socket, in milliseconds: it can disappear without a word. */
export function limitWaits(host: Host, socket: number, limit: number): void {
  const time = struct([8, Math.floor(limit / 1000)], [8, (limit % 1000) * 1000]);
  for (const option of [SO.RCVTIMEO, SO.SNDTIMEO]) host.attempt("setsockopt", socket, SOL.SOCKET, option, time, 16);
}

/** struct sockaddr_in. */
function encodeAddress(address: string, port: number): Uint8Array {
  if (!isIPv4(address)) throw new RestoreError("ERR_OPTION", `${address} is not an IPv4 address`);
  const bytes = Buffer.alloc(ADDRESS_SIZE);
  bytes.writeUInt16LE(AF.INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(address.split(".").map(Number), 4);
  return bytes;
}
