import type { ImageSet } from "@restage/core";
import type { InetSkEntry } from "@restage/images";
import { IPPROTO, SOCK } from "@restage/linux/abi";

/** Is it connected over TCP? Such a socket has another way back. */
export function isConnection({ proto, type, dst_port }: InetSkEntry): boolean {
  return proto === IPPROTO.TCP && type === SOCK.STREAM && dst_port !== 0;
}

/** The port of a bound socket, one name for all who share it; undefined when it has none. */
export function portName({ proto, type, src_port, ns_id }: InetSkEntry): string | undefined {
  return type === SOCK.RAW || src_port === 0
    ? undefined
    : `port ${proto} ${src_port} in network namespace ${ns_id ?? 0}`;
}

/** Which ports several sockets of a checkpoint are bound to. Connections do not count: in repair mode they share any port. */
export class SharedPorts {
  readonly #users = new Map<string, number>();
  readonly #reused = new Set<string>();

  constructor(images: ImageSet) {
    for (const { isk } of images.files.values()) {
      const port = isk === undefined ? undefined : portName(isk);
      if (isk === undefined || port === undefined || isConnection(isk)) continue;
      this.#users.set(port, (this.#users.get(port) ?? 0) + 1);
      if (isk.opts.so_reuseport === true) this.#reused.add(port);
    }
  }

  /** Are there others? */
  isShared(entry: InetSkEntry): boolean {
    return (this.#users.get(portName(entry) ?? "") ?? 0) > 1;
  }

  /** Does any socket of its port have SO_REUSEPORT? Then all need it to be bound. */
  mayReusePort(entry: InetSkEntry): boolean {
    return this.#reused.has(portName(entry) ?? "");
  }
}
