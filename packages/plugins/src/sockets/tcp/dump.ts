import { type DumpContext, definePlugin, type Plugin } from "@restage/core";
import { fdTypes, type InputOf, type TcpStreamEntry } from "@restage/images";
import { SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SOL, TCP, TCP_INFO, TCP_QUEUE, TCP_STATE, TCPI_OPT } from "@restage/linux/abi";
import { refuseInFlight } from "../../files/refuse-in-flight.ts";
import { ioctlNumber } from "../../ioctl-number.ts";
import { describeInetSocket } from "../inet/describe.ts";
import { type FoundSocket, findInetSocket, isFoundConnection } from "../inet/found-socket.ts";
import { readOption, writeOption } from "../socket-options/host-options.ts";
import { hasEnded } from "./ends.ts";
import { decodeTcpInfo, decodeWindow, REPAIR_WINDOW_SIZE, stateName } from "./format.ts";
import { RepairedConnections, RepairedSockets } from "./repaired-connections.ts";
import { Standstill, StandstillOfConnections } from "./standstill.ts";

const { SYN_SENT, ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE, CLOSE_WAIT, LAST_ACK, CLOSING } = TCP_STATE;
/** States in which a connection can be saved. */
const SAVED: ReadonlySet<number> = new Set([
  SYN_SENT,
  ESTABLISHED,
  FIN_WAIT1,
  FIN_WAIT2,
  CLOSE_WAIT,
  LAST_ACK,
  CLOSING,
  CLOSE,
]);

/**
 * TCP connections, with `tcpEstablished`. Nothing arrives at them until the checkpoint is complete or has failed. Each is read in repair mode, and is in it
 * again when its process ends, so that its peer does not notice. Requires CAP_NET_ADMIN.
 */
export function tcpConnections(): Plugin {
  return definePlugin({
    name: "tcp-connections",
    duty: "tcp-connections",
    provides: [Standstill, RepairedConnections],
    phases: {
      inspect: "stops what arrives at TCP connections, and reads their queues and sequence numbers in repair mode",
      resume: "lets packets arrive again; if the tree is held, puts TCP connections into repair mode",
    },
    dump({ describeFile, provide }) {
      provide(Standstill, new StandstillOfConnections());
      provide(RepairedConnections, new RepairedSockets());
      describeFile.tap("tcp-connections", (file, context) => {
        const standstill = context.service(Standstill);
        if (context.options.tcpEstablished) standstill.begin(context);
        const found = findInetSocket(context, file);
        if (found === undefined || !isFoundConnection(found)) return undefined;
        if (refuseInFlight(file, context, "where a restore cannot reach the connection")) return { type: fdTypes.UND };
        // Before repair mode, which changes SO_REUSEADDR.
        const { opts, ...entry } = describeInetSocket(context, found);
        const state = saveConnection(context, found);
        const so_filter = standstill.filterOf(file) ?? opts.so_filter ?? [];
        return { type: fdTypes.INETSK, isk: { ...entry, opts: { ...opts, so_filter }, state } };
      });
    },
  });
}

/** Saves a connection, or refuses it. Returns its state. */
function saveConnection(context: DumpContext, { file, descriptor, socket }: FoundSocket): number {
  const refuse = (why: string, hint?: string) => {
    context.findings.refuse({ what: file.link, why, hint, pid: file.task.pid });
    return socket.state;
  };
  // A closed connection needs no peer that waits.
  if (!context.options.tcpEstablished && socket.state !== CLOSE) {
    const hint = "save it with --tcp-established; its peer has to wait until the restore";
    return refuse("it is a TCP connection", hint);
  }
  if (!SAVED.has(socket.state))
    return refuse(`it is in state ${stateName(socket.state)}`, "try again when it is connected or closed");
  const { entry, inq, outq, state } = context
    .service(RepairedConnections)
    .during(context, file, descriptor, () => readConnection(context, descriptor));
  context.images.add("tcp_stream", socket.ino, { value: entry, extra: { inq, outq } });
  return state;
}

interface SavedConnection {
  readonly entry: InputOf<TcpStreamEntry>;
  readonly inq: Uint8Array;
  readonly outq: Uint8Array;
  readonly state: number;
}

function readConnection(context: DumpContext, socket: number): SavedConnection {
  const { host } = context;
  const info = host.socketOption(socket, SOL.TCP, TCP.INFO, TCP_INFO.size) ?? new Uint8Array();
  const { state, options, snd_wscale, rcv_wscale } = decodeTcpInfo(info);
  const size = (request: number) => ioctlNumber(host, socket, request) ?? 0;
  // A closed connection has nothing more to send; in others the kernel counts the own FIN as a byte.
  const sizeToSend = (request: number) =>
    state === CLOSE ? 0 : Math.max(0, size(request) - (hasEnded(state) ? 1 : 0));
  const receive = readQueue(context, socket, TCP_QUEUE.RECV, size(SIOCINQ));
  const send = readQueue(context, socket, TCP_QUEUE.SEND, sizeToSend(SIOCOUTQ));
  const unsent = sizeToSend(SIOCOUTQNSD);
  const window = host.socketOption(socket, SOL.TCP, TCP.REPAIR_WINDOW, REPAIR_WINDOW_SIZE);
  const has = (option: number) => (options & option) !== 0;
  const entry = {
    inq_len: receive.bytes.length,
    inq_seq: receive.sequence,
    outq_len: send.bytes.length,
    outq_seq: send.sequence,
    unsq_len: unsent,
    opt_mask: options,
    mss_clamp: readOption(host, socket, SOL.TCP, TCP.MAXSEG) ?? 0,
    ...(has(TCPI_OPT.WSCALE) ? { snd_wscale, rcv_wscale } : { snd_wscale: 0 }),
    ...(has(TCPI_OPT.TIMESTAMPS) ? { timestamp: (readOption(host, socket, SOL.TCP, TCP.TIMESTAMP) ?? 0) >>> 0 } : {}),
    ...(window === undefined ? {} : decodeWindow(window)),
  };
  return { entry, inq: receive.bytes, outq: send.bytes, state };
}

/** A queue of a socket in repair mode: the sequence number after it, and its content. */
function readQueue({ host, seizer }: DumpContext, socket: number, queue: number, length: number) {
  writeOption(host, socket, SOL.TCP, TCP.REPAIR_QUEUE, queue);
  const sequence = (readOption(host, socket, SOL.TCP, TCP.QUEUE_SEQ) ?? 0) >>> 0;
  const bytes = length > 0 ? seizer.peek(socket, length) : new Uint8Array();
  return { sequence, bytes };
}
