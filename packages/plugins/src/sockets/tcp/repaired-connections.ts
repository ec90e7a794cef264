import { type DumpContext, defineService, type OpenFile, struct } from "@restage/core";
import { SO, SOL, TCP } from "@restage/linux/abi";
import { readOption, writeOption } from "../socket-options/host-options.ts";
import { socketInTree } from "./socket-in-tree.ts";

const ON = 1;
const OFF = 0;

/** TCP connections of a seized tree in repair mode. Provided by the duty `tcp-connections`. */
export const RepairedConnections = defineService<RepairedSockets>("repaired-connections");

export class RepairedSockets {
  readonly #sockets: { readonly descriptor: number; readonly reuse: number; readonly forget: () => void }[] = [];

  /** Puts a connection into repair mode until the tree resumes. If this process is killed, the janitor ends repair mode. */
  add(context: DumpContext, file: OpenFile, descriptor: number): void {
    const { host } = context;
    if (this.#sockets.length === 0) context.onResume(() => this.#release(context));
    // Leaving repair mode clears it.
    const reuse = readOption(host, descriptor, SOL.SOCKET, SO.REUSEADDR) ?? 0;
    const forget = host.undo((call) => {
      const socket = socketInTree(call, file);
      call.setsockopt(socket, SOL.TCP, TCP.REPAIR, struct([4, OFF]), 4);
      call.setsockopt(socket, SOL.SOCKET, SO.REUSEADDR, struct([4, reuse]), 4);
    });
    this.#sockets.push({ descriptor, reuse, forget });
    writeOption(host, descriptor, SOL.TCP, TCP.REPAIR, ON);
  }

  #release({ host }: DumpContext): void {
    for (const { descriptor, reuse, forget } of this.#sockets.splice(0)) {
      host.attempt("setsockopt", descriptor, SOL.TCP, TCP.REPAIR, struct([4, OFF]), 4);
      host.attempt("setsockopt", descriptor, SOL.SOCKET, SO.REUSEADDR, struct([4, reuse]), 4);
      forget();
    }
  }
}
