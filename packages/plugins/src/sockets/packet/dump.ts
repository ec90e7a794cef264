import {
  type DumpContext,
  definePlugin,
  type Mapping,
  type OpenFile,
  type Plugin,
  type SeizedTask,
} from "@restage/core";
import {
  fdTypes,
  type InputOf,
  type PacketMclist,
  type PacketRing,
  type PacketSockEntry,
  vmaStatus,
} from "@restage/images";
import {
  AF,
  PACKET,
  PACKET_DIAG,
  PACKET_DIAG_INFO,
  PACKET_DIAG_MCLIST,
  PACKET_DIAG_MSG,
  PACKET_DIAG_REQ,
  PACKET_FANOUT_TYPE,
  PACKET_SHOW,
  PDI,
  POLL,
  SO,
  SOL,
} from "@restage/linux/abi";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { isReady } from "../../is-ready.ts";
import { has } from "../../memory/mappings/format.ts";
import { type DiagnosedSocket, diagnose } from "../socket-diag.ts";
import { socketOptions } from "../socket-options/dump.ts";
import { readOption } from "../socket-options/host-options.ts";

/** Packet sockets: device, protocol, options, memberships, fanout, rings and their mappings. */
export function packetSockets(): Plugin {
  return definePlugin({
    name: "packet-sockets",
    duty: "packet-sockets",
    phases: { inspect: "describes packet sockets, and finds the sockets whose rings are mapped" },
    dump({ describeFile, filesDescribed }) {
      let table: ReadonlyMap<number, DiagnosedSocket> | undefined;
      describeFile.tap("packet-sockets", (file, context) => {
        const { descriptor } = file;
        if (descriptor === undefined || !file.link.startsWith("socket:")) return undefined;
        if (readOption(context.host, descriptor, SOL.SOCKET, SO.DOMAIN) !== AF.PACKET) return undefined;
        table ??= readPacketSockets(context);
        const socket = table.get(Number(file.stat.ino));
        if (socket === undefined) return undefined;
        checkSocket(context, file, descriptor);
        return { type: fdTypes.PACKETSK, psk: describeSocket(context, file, descriptor, socket) };
      });
      filesDescribed.tap("packet-sockets", (tree, context) => {
        for (const task of tree.alive)
          for (const mapping of task.mappings)
            if (has({ status: mapping.entry.status ?? 0 }, vmaStatus.VMA_AREA_SOCKET)) findRing(context, task, mapping);
      });
    },
  });
}

function describeSocket(
  context: DumpContext,
  file: OpenFile,
  descriptor: number,
  { message, attributes }: DiagnosedSocket,
): InputOf<PacketSockEntry> {
  const info = viewOf(attributes.get(PACKET_DIAG.INFO) ?? new Uint8Array(PACKET_DIAG_INFO.pdi_flags + 4));
  const number = (offset: number) => info.getUint32(offset, true);
  const flags = number(PACKET_DIAG_INFO.pdi_flags);
  const [rx, tx] = [attributes.get(PACKET_DIAG.RX_RING), attributes.get(PACKET_DIAG.TX_RING)];
  return {
    id: file.id,
    type: message.getUint8(PACKET_DIAG_MSG.pdiag_type),
    // As socket(2) takes it, in network byte order; the kernel gives it in that of the machine.
    protocol: message.getUint16(PACKET_DIAG_MSG.pdiag_num),
    flags: file.flags,
    ifindex: number(PACKET_DIAG_INFO.pdi_index),
    fown: ownerOf(file, context),
    opts: socketOptions(context.host, descriptor, AF.PACKET),
    version: number(PACKET_DIAG_INFO.pdi_version),
    reserve: number(PACKET_DIAG_INFO.pdi_reserve),
    aux_data: (flags & PDI.AUXDATA) !== 0,
    orig_dev: (flags & PDI.ORIGDEV) !== 0,
    vnet_hdr: (flags & PDI.VNETHDR) !== 0,
    loss: (flags & PDI.LOSS) !== 0,
    timestamp: number(PACKET_DIAG_INFO.pdi_tstamp),
    copy_thresh: number(PACKET_DIAG_INFO.pdi_copy_thresh),
    mclist: membershipsIn(attributes.get(PACKET_DIAG.MCLIST) ?? new Uint8Array()),
    // The attribute lacks the flags of the group.
    ...(attributes.has(PACKET_DIAG.FANOUT) ? { fanout: fanoutOf(context, descriptor) } : {}),
    ...(rx === undefined ? {} : { rx_ring: ringFrom(rx) }),
    ...(tx === undefined ? {} : { tx_ring: ringFrom(tx) }),
    ns_id: file.task.ids.net_ns_id ?? 0,
  };
}

/** The group of a socket, as PACKET_FANOUT takes it: id, type and flags. 0 if there is none. */
function fanoutOf({ host }: DumpContext, descriptor: number): number {
  return (readOption(host, descriptor, SOL.PACKET, PACKET.FANOUT) ?? 0) >>> 0;
}

function checkSocket(context: DumpContext, file: OpenFile, descriptor: number): void {
  const about = { what: file.link, pid: file.task.pid };
  const type = (fanoutOf(context, descriptor) >> 16) & 0xff;
  if (type === PACKET_FANOUT_TYPE.CBPF || type === PACKET_FANOUT_TYPE.EBPF)
    context.findings.refuse({ ...about, why: "the BPF program of its fanout group cannot be read" });
  if (isReady(context.host, descriptor, POLL.IN))
    context.findings.warn({ ...about, why: "its unread packets are lost: CRIU images cannot record them" });
}

/** Array of struct packet_diag_mclist. A membership that was added several times is in the image as often. */
function membershipsIn(bytes: Uint8Array): readonly PacketMclist[] {
  const { size, pdmc_index, pdmc_count, pdmc_type, pdmc_alen, pdmc_addr } = PACKET_DIAG_MCLIST;
  const view = viewOf(bytes);
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => index * size).flatMap((at) => {
    const addr = bytes.slice(at + pdmc_addr, at + pdmc_addr + view.getUint16(at + pdmc_alen, true));
    const type = view.getUint16(at + pdmc_type, true);
    const membership = { index: view.getUint32(at + pdmc_index, true), type, addr };
    return Array.from({ length: view.getUint32(at + pdmc_count, true) }, () => membership);
  });
}

/** struct packet_diag_ring. */
function ringFrom(bytes: Uint8Array): PacketRing {
  const view = viewOf(bytes);
  return {
    block_size: view.getUint32(0, true),
    block_nr: view.getUint32(4, true),
    frame_size: view.getUint32(8, true),
    frame_nr: view.getUint32(12, true),
    retire_tmo: view.getUint32(16, true),
    sizeof_priv: view.getUint32(20, true),
    features: view.getUint32(24, true),
  };
}

/** Says in the mapping's entry which socket it belongs to. The restore maps it through a descriptor of the same task. */
function findRing({ files, findings }: DumpContext, task: SeizedTask, { entry, inode, name }: Mapping): void {
  const socket = files.all.find(
    (file) =>
      file.entry?.psk !== undefined &&
      file.stat.ino === inode &&
      file.holders.some((holder) => holder.task.ids.files_id === task.ids.files_id),
  );
  if (socket !== undefined) {
    entry.shmid = BigInt(socket.id);
    return;
  }
  const why = "it maps a socket that is not a packet socket, or for which the task has no descriptor";
  findings.refuse({ what: `mapping ${entry.start?.toString(16)} ${name}`, why, pid: task.pid });
}

function readPacketSockets(context: DumpContext): ReadonlyMap<number, DiagnosedSocket> {
  const request = new Uint8Array(PACKET_DIAG_REQ.size);
  request[PACKET_DIAG_REQ.sdiag_family] = AF.PACKET;
  const all = Object.values(PACKET_SHOW).reduce((bits, bit) => bits | bit, 0);
  new DataView(request.buffer).setUint32(PACKET_DIAG_REQ.pdiag_show, all, true);
  const sockets = diagnose(context, request, PACKET_DIAG_MSG.size);
  return new Map(sockets.map((socket) => [socket.message.getUint32(PACKET_DIAG_MSG.pdiag_ino, true), socket]));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
