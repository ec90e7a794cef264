import { closeSync } from "node:fs";
import { isIPv4 } from "node:net";
import { asRestoreError, data, type Host, output, RestoreError, struct } from "@restage/core";
import { AF, SO, SOCK, SOL } from "@restage/linux/abi";

/** struct sockaddr_in. Source: ip(7). */
const ADDRESS_SIZE = 16;

/** CRIU's default: every address of this machine. */
export const ANY_ADDRESS = "0.0.0.0";

/** A TCP socket to which a dump connects, once. */
export class PageSocket {
  readonly #host: Host;
  readonly descriptor: number;

  /** @param descriptor of a listening socket. */
  constructor(host: Host, descriptor: number) {
    this.#host = host;
    this.descriptor = descriptor;
  }

  /** Throws ERR_OPTION. @param port 0 for any free port. */
  static listen(host: Host, address: string, port: number): PageSocket {
    if (!isIPv4(address)) throw new RestoreError("ERR_OPTION", `${address} is not an IPv4 address`);
    const socket = host.call.socket(AF.INET, SOCK.STREAM | SOCK.CLOEXEC, 0).result;
    const bytes = Buffer.alloc(ADDRESS_SIZE);
    bytes.writeUInt16LE(AF.INET, 0);
    bytes.writeUInt16BE(port, 2);
    bytes.set(address.split(".").map(Number), 4);
    try {
      host.call.setsockopt(socket, SOL.SOCKET, SO.REUSEADDR, struct([4, 1]), 4);
      host.call.bind(socket, data(bytes), ADDRESS_SIZE);
      host.call.listen(socket, 1);
    } catch (error) {
      closeSync(socket);
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
}
