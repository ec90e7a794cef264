import { data, type Host, output, RestoreError } from "@restage/core";
import { AF, errnoText, NLM_F, NLMSG, NLMSGHDR_SIZE, SOCK } from "@restage/linux/abi";
import { encodeAttribute, encodeMessage } from "../../sockets/netlink-message.ts";

const ANSWER = 8192;

/** Sends requests to the kernel, for the network namespace in which it was opened. Source: netlink(7). */
export class NetlinkSocket {
  readonly #host: Host;
  readonly #protocol: number;
  readonly #socket: number;

  /** @param protocol NETLINK.ROUTE for links, addresses, routes and rules; NETLINK.NETFILTER for tracked connections. */
  constructor(host: Host, protocol: number) {
    this.#host = host;
    this.#protocol = protocol;
    this.#socket = host.call.socket(AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, protocol).result;
  }

  /**
   * Makes a request and waits for the answer. Returns its errno, 0 for success.
   *
   * @param flags in addition to REQUEST and ACK.
   */
  ask(type: number, flags: number, body: Uint8Array): number {
    return errnoOf(this.#exchange(type, flags | NLM_F.ACK, body));
  }

  /** Makes a request, and throws when the answer is an error. @param what the object of the error message: "make link veth0". */
  make(what: string, type: number, flags: number, body: Uint8Array, hint?: string): void {
    const errno = this.ask(type, flags, body);
    if (errno !== 0) throw this.failure(what, type, errno, hint);
  }

  /** Asks for one object. Returns the body of the answer, or undefined when it does not exist. */
  find(type: number, body: Uint8Array): DataView | undefined {
    const answer = this.#exchange(type, 0, body);
    return errnoOf(answer) === 0 ? new DataView(answer.buffer, answer.byteOffset + NLMSGHDR_SIZE) : undefined;
  }

  failure(what: string, type: number, errno: number, hint?: string): RestoreError {
    return new RestoreError("ERR_SYSCALL", `Cannot ${what}: the kernel answered ${errnoText(errno)}`, {
      syscall: { name: "write", printed: `request ${type} of netlink protocol ${this.#protocol}`, errno },
      hint,
    });
  }

  close(): void {
    this.#host.call.close(this.#socket);
  }

  #exchange(type: number, flags: number, body: Uint8Array): DataView {
    const message = encodeMessage(type, flags | NLM_F.REQUEST, body);
    this.#host.call.write(this.#socket, data(message), message.length);
    const room = output(ANSWER);
    this.#host.call.read(this.#socket, room, ANSWER);
    return new DataView(room.bytes.buffer, room.bytes.byteOffset);
  }
}

function errnoOf(answer: DataView): number {
  return answer.getUint16(4, true) === NLMSG.ERROR ? -answer.getInt32(NLMSGHDR_SIZE, true) : 0;
}

/** An attribute of a request: bytes, a text that a zero byte ends, or a 32-bit number. */
export function attribute(type: number, value: Uint8Array | string | number): Uint8Array {
  return encodeAttribute(
    type,
    typeof value === "number" ? word(value) : typeof value === "string" ? text(value) : value,
  );
}

/** An attribute, or nothing where there is no value. */
export function optional(type: number, value: Uint8Array | string | number | undefined): Uint8Array {
  return value === undefined ? new Uint8Array() : attribute(type, value);
}

/** Several pieces one after the other. */
export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function word(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}
