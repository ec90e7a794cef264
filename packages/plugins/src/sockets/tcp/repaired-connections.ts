import { type DumpContext, defineService, type OpenFile } from "@restage/core";
import { SOL, TCP } from "@restage/linux/abi";
import { integer } from "../socket-queue/dump.ts";

const ON = 1;
const OFF = 0;

/** TCP connections of a seized tree in repair mode, where nothing that arrives changes them. Provided by the duty `inet-sockets`. */
export const RepairedConnections = defineService<RepairedSockets>("repaired-connections");

export class RepairedSockets {
  readonly #sockets: { readonly descriptor: number; readonly forget: () => void }[] = [];

  /** Puts a connection into repair mode until the tree resumes; the janitor takes it out again when this process is killed. */
  add(context: DumpContext, { holders, task }: OpenFile, descriptor: number): void {
    const { host } = context;
    if (this.#sockets.length === 0) context.onResume(() => this.#release(context));
    const number = holders[0]?.descriptor;
    const forget = host.undo((call) => {
      const pidfd = call.pidfd_open(task.hostPid, 0);
      const socket = call.pidfd_getfd(pidfd, number ?? -1, 0);
      call.setsockopt(socket, SOL.TCP, TCP.REPAIR, integer(OFF), 4);
    });
    this.#sockets.push({ descriptor, forget });
    host.call.setsockopt(descriptor, SOL.TCP, TCP.REPAIR, integer(ON), 4);
  }

  #release({ host }: DumpContext): void {
    for (const { descriptor, forget } of this.#sockets.splice(0)) {
      host.attempt("setsockopt", descriptor, SOL.TCP, TCP.REPAIR, integer(OFF), 4);
      forget();
    }
  }
}
