import { type DumpContext, defineService, type Host, type OpenFile, struct } from "@restage/core";
import { IPPROTO, SO, SOL, TCP_STATE } from "@restage/linux/abi";
import { filterProgram, readFilter } from "../socket-options/filter.ts";
import { readOption } from "../socket-options/host-options.ts";
import { socketInTree } from "./socket-in-tree.ts";
import { stateOf } from "./state-of.ts";

/** A classic filter that drops everything: `BPF_RET | BPF_K` with 0. Source: include/uapi/linux/filter.h. */
const NOTHING_PASSES = [0x0006_0000_0000_0000n];

/** TCP connections of a seized tree to which nothing arrives. Provided by the duty `tcp-connections`. */
export const Standstill = defineService<StandstillOfConnections>("standstill-of-connections");

/**
 * Neither a stopped process nor repair mode keeps the kernel from receiving data and acknowledging it. What arrives after a queue was read would be lost, since
 * the peer does not send again what was acknowledged: the connection would never continue. So a filter drops every packet, from before the first connection
 * is read until the tree resumes; the peers send again what was dropped.
 */
export class StandstillOfConnections {
  /** The own filters of the connections, in words of images. */
  readonly #filters = new Map<OpenFile, readonly bigint[]>();
  readonly #released: (() => void)[] = [];
  #known = 0;

  /** Attaches the filter to all connections that are known by now. If this process is killed, the janitor detaches it. */
  begin(context: DumpContext): void {
    const { all } = context.files;
    if (this.#known === 0) context.onResume(() => this.#end());
    const added = all.slice(this.#known);
    this.#known = all.length;
    for (const file of added)
      if (file.descriptor !== undefined && isConnected(context.host, file)) this.#stop(context, file, file.descriptor);
  }

  /** The filter that a connection has in the tree; undefined if none was replaced. */
  filterOf(file: OpenFile): readonly bigint[] | undefined {
    return this.#filters.get(file);
  }

  #stop({ host, findings }: DumpContext, file: OpenFile, descriptor: number): void {
    const own = readFilter(host, descriptor);
    // One with an eBPF program is refused later. The janitor cannot reach one that is in flight in a queue.
    if (own === undefined || file.holders.length === 0) return;
    const [option, value] =
      own.length === 0
        ? ([SO.DETACH_FILTER, struct([4, 0])] as const)
        : ([SO.ATTACH_FILTER, filterProgram(own)] as const);
    const forget = host.undo((call) => {
      call.setsockopt(socketInTree(call, file), SOL.SOCKET, option, value, value.bytes.length);
    });
    const dropAll = filterProgram(NOTHING_PASSES);
    if (host.attempt("setsockopt", descriptor, SOL.SOCKET, SO.ATTACH_FILTER, dropAll, dropAll.bytes.length) < 0) {
      forget();
      const why = "its filter is locked (SO_LOCK_FILTER): data that arrives during the checkpoint can be lost";
      findings.warn({ what: file.link, why, pid: file.task.pid });
      return;
    }
    this.#filters.set(file, own);
    this.#released.push(() => {
      host.attempt("setsockopt", descriptor, SOL.SOCKET, option, value, value.bytes.length);
      forget();
    });
  }

  #end(): void {
    for (const release of this.#released.splice(0)) release();
  }
}

/** Whether a socket can receive. The kernel's tables of sockets are read afterwards, when nothing changes them any more. */
function isConnected(host: Host, { descriptor = -1, link }: OpenFile): boolean {
  if (!link.startsWith("socket:") || readOption(host, descriptor, SOL.SOCKET, SO.PROTOCOL) !== IPPROTO.TCP)
    return false;
  const state = stateOf(host, descriptor) ?? TCP_STATE.CLOSE;
  return state !== TCP_STATE.CLOSE && state !== TCP_STATE.LISTEN;
}
