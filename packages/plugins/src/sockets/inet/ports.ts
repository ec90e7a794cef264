import type { ImageSet } from "@restage/core";
import type { InetSkEntry } from "@restage/images";
import { IPPROTO, SOCK } from "@restage/linux/abi";

/** Whether it is a TCP connection, which the duty `tcp-connections` restores. */
export function isConnection({ proto, type, dst_port }: InetSkEntry): boolean {
  return proto === IPPROTO.TCP && type === SOCK.STREAM && dst_port !== 0;
}

/** The port of a bound socket, the same name for all sockets that share it; undefined when it has none. */
export function portName({ proto, type, src_port, ns_id }: InetSkEntry): string | undefined {
  return type === SOCK.RAW || src_port === 0
    ? undefined
    : `port ${proto} ${src_port} in network namespace ${ns_id ?? 0}`;
}

/** The ports to which several sockets of a checkpoint are bound. Connections do not count: in repair mode they share any port. */
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

  /** Whether other sockets have the same port. */
  isShared(entry: InetSkEntry): boolean {
    return (this.#users.get(portName(entry) ?? "") ?? 0) > 1;
  }

  /** Whether any socket with this port has SO_REUSEPORT. Then all of them need it in order to be bound. */
  mayReusePort(entry: InetSkEntry): boolean {
    return this.#reused.has(portName(entry) ?? "");
  }
}
