import { rmSync } from "node:fs";
import { asRestoreError, data, type Host, RestoreError, struct } from "@restage/core";
import { AF, POLL, SOCK } from "@restage/linux/abi";

/** The longest path of a socket. Source: unix(7), struct sockaddr_un. */
const LONGEST_PATH = 107;
/** How many connections wait; CRIU's number. */
const BACKLOG = 16;
const PRIVATE = 0o177;

/** A socket at a path, to which callers connect. */
export class ServiceSocket {
  readonly #host: Host;
  readonly descriptor: number;

  /** @param descriptor of a socket that listens. */
  constructor(host: Host, descriptor: number) {
    this.#host = host;
    this.descriptor = descriptor;
  }

  /** Makes a socket that listens; only this user and root can connect. An older socket at its path is replaced, like CRIU does. Throws ERR_OPTION. */
  static listen(host: Host, path: string, type: number = SOCK.SEQPACKET): ServiceSocket {
    const name = new TextEncoder().encode(path);
    if (name.length > LONGEST_PATH) throw new RestoreError("ERR_OPTION", `The path ${path} is too long for a socket`);
    const socket = host.call.socket(AF.UNIX, type | SOCK.CLOEXEC, 0).result;
    rmSync(path, { force: true });
    const address = new Uint8Array(2 + name.length + 1);
    new DataView(address.buffer).setUint16(0, AF.UNIX, true);
    address.set(name, 2);
    const mask = process.umask(PRIVATE);
    try {
      host.call.bind(socket, data(address), address.length);
      host.call.listen(socket, BACKLOG);
    } catch (error) {
      throw asRestoreError(error, { hint: "choose another path: --address PATH" });
    } finally {
      process.umask(mask);
    }
    return new ServiceSocket(host, socket);
  }

  /** Waits for a connection, for a while. Returns its descriptor; undefined when nobody has connected. */
  accept(milliseconds: number): number | undefined {
    const asked = struct([4, this.descriptor], [4, POLL.IN]);
    if (this.#host.attempt("poll", asked, 1, milliseconds) <= 0) return undefined;
    const connection = this.#host.attempt("accept4", this.descriptor, 0, 0, SOCK.CLOEXEC);
    return connection < 0 ? undefined : connection;
  }

  close(): void {
    // Deno closes only what it has opened itself.
    this.#host.attempt("close", this.descriptor);
  }
}
