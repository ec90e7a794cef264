import { type DumpContext, defineService, type OpenFile, struct } from "@restage/core";
import { SO, SOL, TCP, TCP_REPAIR } from "@restage/linux/abi";
import { readOption, writeOption } from "../socket-options/host-options.ts";
import { socketInTree } from "./socket-in-tree.ts";

/** TCP connections of a seized tree, which are read in repair mode. Provided by the duty `tcp-connections`. */
export const RepairedConnections = defineService<RepairedSockets>("repaired-connections");

/**
 * Repair mode belongs to the socket: a program that runs with it gets EPERM from read(2). If this process is killed, the tree runs before the janitor can end
 * repair mode. So a connection is in it only while it is read, and again when the tree is held.
 */
export class RepairedSockets {
  readonly #sockets = new Map<OpenFile, number>();

  /** Does work while a connection is in repair mode. */
  during<T>(context: DumpContext, file: OpenFile, descriptor: number, work: () => T): T {
    if (this.#sockets.size === 0) context.onHold(() => this.#silence(context));
    this.#sockets.set(file, descriptor);
    const leave = repair(context, file, descriptor);
    try {
      return work();
    } finally {
      leave();
    }
  }

  /** The peers do not notice that the tree ends: a socket that is closed in repair mode sends nothing. */
  #silence(context: DumpContext): void {
    for (const [file, descriptor] of this.#sockets) context.onResume(repair(context, file, descriptor));
  }
}

/** Puts a connection into repair mode, and returns a function that takes it out. If this process is killed before the tree is held, the janitor does. */
function repair({ host }: DumpContext, file: OpenFile, descriptor: number): () => void {
  // Leaving repair mode clears it.
  const reuse = readOption(host, descriptor, SOL.SOCKET, SO.REUSEADDR) ?? 0;
  const forget = host.undo((call) => {
    const socket = socketInTree(call, file);
    call.setsockopt(socket, SOL.TCP, TCP.REPAIR, struct([4, TCP_REPAIR.OFF_NO_WP]), 4);
    call.setsockopt(socket, SOL.SOCKET, SO.REUSEADDR, struct([4, reuse]), 4);
  });
  writeOption(host, descriptor, SOL.TCP, TCP.REPAIR, TCP_REPAIR.ON);
  return () => {
    writeOption(host, descriptor, SOL.TCP, TCP.REPAIR, TCP_REPAIR.OFF_NO_WP);
    writeOption(host, descriptor, SOL.SOCKET, SO.REUSEADDR, reuse);
    forget();
  };
}
