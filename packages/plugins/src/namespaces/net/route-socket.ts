import { data, type Host, output, RestoreError } from "@restage/core";
import { AF, errnoText, NETLINK, NLM_F, NLMSG, SOCK } from "@restage/linux/abi";

const HEADER = 16;
const ANSWER = 8192;

/** Asks the kernel to make links, addresses, routes and rules in the network namespace in which it was opened. Source: rtnetlink(7). */
export class RouteSocket {
  readonly #host: Host;
  readonly #socket: number;

  constructor(host: Host) {
    this.#host = host;
    this.#socket = host.call.socket(AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, NETLINK.ROUTE).result;
  }

  /**
   * Makes a request and waits for the answer. Returns the errno that it was answered with, 0 for success.
   *
   * @param flags beside REQUEST and ACK.
   */
  ask(type: number, flags: number, body: Uint8Array): number {
    const message = new Uint8Array(HEADER + body.length);
    const view = new DataView(message.buffer);
    view.setUint32(0, message.length, true);
    view.setUint16(4, type, true);
    view.setUint16(6, flags | NLM_F.REQUEST | NLM_F.ACK, true);
    message.set(body, HEADER);
    this.#host.call.write(this.#socket, data(message), message.length);
    const room = output(ANSWER);
    this.#host.call.read(this.#socket, room, ANSWER);
    const answer = new DataView(room.bytes.buffer, room.bytes.byteOffset);
    return answer.getUint16(4, true) === NLMSG.ERROR ? -answer.getInt32(HEADER, true) : 0;
  }

  /** The same; throws when the answer is an error. @param what for people: "make link veth0". */
  make(what: string, type: number, flags: number, body: Uint8Array, hint?: string): void {
    const errno = this.ask(type, flags, body);
    if (errno === 0) return;
    throw new RestoreError("ERR_SYSCALL", `Cannot ${what}: the kernel answered ${errnoText(errno)}`, {
      syscall: { name: "sendmsg", printed: `rtnetlink request ${type}`, errno },
      hint,
    });
  }

  close(): void {
    this.#host.call.close(this.#socket);
  }
}

/** Attributes of a request, each padded to 4 bytes. Source: rtnetlink(3). */
export function attribute(type: number, value: Uint8Array | string | number): Uint8Array {
  const bytes = typeof value === "number" ? word(value) : typeof value === "string" ? text(value) : value;
  const padded = new Uint8Array((4 + bytes.length + 3) & ~3);
  const view = new DataView(padded.buffer);
  view.setUint16(0, 4 + bytes.length, true);
  view.setUint16(2, type, true);
  padded.set(bytes, 4);
  return padded;
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
