import type { ImageSource, InetSkEntry } from "@restage/images";
import { readEntries } from "@restage/images";
import { AF, IPPROTO, SOCK, TCP_STATE } from "@restage/linux/abi";
import { type AddressWords, addressText, unmappedAddresses } from "../sockets/inet/addresses.ts";
import type { InetEnd } from "../sockets/inet/format.ts";
import { isConnection } from "../sockets/inet/ports.ts";
import { SHUTDOWN } from "../sockets/socket-options/format.ts";

/**
 * What happens to a TCP connection whose own address or port moves, while its peer is not in the checkpoint and still sends to the old one:
 *
 * - `repair`: it moves too. It goes on if packets find their way, as with a floating address or a proxy that moves with it.
 * - `close`: it comes back closed: reading gives the end of the file, and writing fails.
 * - `reset`: the same, and the peer is told with a RST.
 * - `skip`: it stays where it is.
 */
export type ConnectionPolicy = "repair" | "close" | "reset" | "skip";

/** One end of a socket, with the kind of the socket. */
export interface SocketEnd extends InetEnd {
  readonly family: number;
  readonly proto: number;
  readonly type: number;
}

/** The port or address to which an end moves, and what the user asked for; undefined if it stays. */
export type Move = (end: SocketEnd) => { readonly to: Partial<InetEnd>; readonly asked: string } | undefined;

/** The internet sockets of a checkpoint, as the images have them. */
export class MovedSockets {
  readonly #move: Move;
  readonly #policyOf: (connection: InetSkEntry) => ConnectionPolicy | undefined;
  readonly #sockets: ReadonlyMap<number, InetSkEntry>;
  readonly #bound: ReadonlySet<string>;
  readonly #connected: ReadonlySet<string>;

  constructor(source: ImageSource, move: Move, policyOf: (connection: InetSkEntry) => ConnectionPolicy | undefined) {
    this.#move = move;
    this.#policyOf = policyOf;
    const sockets = readEntries(source, "files").flatMap(({ value: { isk } }) => isk ?? []);
    this.#sockets = new Map(sockets.map((socket) => [socket.id, socket]));
    this.#bound = new Set(sockets.filter((socket) => !isConnection(socket)).map((socket) => printEnd(ownEnd(socket))));
    this.#connected = new Set(sockets.filter(isConnection).map(printPair));
  }

  /** What moves: what the user asked for and the checkpoint has. */
  get found(): ReadonlySet<string> {
    return new Set([...this.#sockets.values()].flatMap((socket) => this.#move(ownEnd(socket))?.asked ?? []));
  }

  /** The connections that move away from a peer outside of the checkpoint, each with its policy. */
  get separated(): readonly { readonly connection: InetSkEntry; readonly policy: ConnectionPolicy | undefined }[] {
    return [...this.#sockets.values()]
      .filter((socket) => this.#isSeparated(socket))
      .map((connection) => ({ connection, policy: this.#policyOf(connection) }));
  }

  /** Changes an entry, which other plugins may have changed before. */
  change(entry: InetSkEntry): InetSkEntry {
    const saved = this.#sockets.get(entry.id) ?? entry;
    const policy = this.#isSeparated(saved) ? (this.#policyOf(saved) ?? "repair") : "repair";
    if (policy === "skip") return entry;
    if (policy !== "repair") return closed(entry);
    const own = this.#move(ownEnd(saved))?.to ?? {};
    const peer = (this.#hasPeer(saved) ? this.#move(peerEnd(saved))?.to : undefined) ?? {};
    const { src_port, src_addr, dst_port, dst_addr } = entry;
    return {
      ...entry,
      src_port: own.port ?? src_port,
      src_addr: own.words ?? src_addr,
      dst_port: peer.port ?? dst_port,
      dst_addr: peer.words ?? dst_addr,
    };
  }

  #isSeparated(socket: InetSkEntry): boolean {
    const isOpen = isConnection(socket) && socket.state !== TCP_STATE.CLOSE;
    return isOpen && this.#move(ownEnd(socket)) !== undefined && !this.#hasPeer(socket);
  }

  /** Whether the checkpoint has the socket at the other end. */
  #hasPeer(socket: InetSkEntry): boolean {
    const peer = peerEnd(socket);
    if (peer.port === 0) return false;
    if (isConnection(socket)) return this.#connected.has(printPair(reversed(socket)));
    if (this.#bound.has(printEnd(peer))) return true;
    const everywhere = { ...peer, words: peer.words.map(() => 0) };
    return isLoopback(peer) && this.#bound.has(printEnd(everywhere));
  }
}

/** The own end of a socket. That of a raw socket has no port: the number there is its protocol. */
export function ownEnd({ family, proto, type, src_port, src_addr }: InetSkEntry): SocketEnd {
  return { family, proto, type, port: type === SOCK.RAW ? 0 : src_port, words: src_addr };
}

function peerEnd({ family, proto, type, dst_port, dst_addr }: InetSkEntry): SocketEnd {
  return { family, proto, type, port: dst_port, words: dst_addr };
}

function reversed(socket: InetSkEntry): InetSkEntry {
  const { src_port, src_addr, dst_port, dst_addr } = socket;
  return { ...socket, src_port: dst_port, src_addr: dst_addr, dst_port: src_port, dst_addr: src_addr };
}

function printEnd({ family, proto, port, words }: SocketEnd): string {
  return `${proto} ${addressText(family, words)} ${port}`;
}

/** Both ends of a connection. A socket of IPv6 can be connected to one of IPv4. */
function printPair(socket: InetSkEntry): string {
  const { family, src_addr, dst_addr } = unmappedAddresses(socket);
  return `${addressText(family, src_addr)} ${socket.src_port} ${addressText(family, dst_addr)} ${socket.dst_port}`;
}

function isLoopback({ family, words }: SocketEnd): boolean {
  const text = addressText(family, words);
  return text === "::1" || (family === AF.INET && text.startsWith("127."));
}

/** A socket in place of a connection: never bound, and shut down in both directions. */
function closed(entry: InetSkEntry): InetSkEntry {
  const nowhere: AddressWords = entry.src_addr.map(() => 0);
  const ends = { src_port: 0, src_addr: nowhere, dst_port: 0, dst_addr: nowhere };
  return { ...entry, ...ends, state: TCP_STATE.CLOSE, shutdown: SHUTDOWN.BOTH };
}

/** The protocols that have ports. */
export function protocolOf({ proto, type }: SocketEnd): "tcp" | "udp" | undefined {
  if (type === SOCK.STREAM && proto === IPPROTO.TCP) return "tcp";
  return proto === IPPROTO.UDP || proto === IPPROTO.UDPLITE ? "udp" : undefined;
}
