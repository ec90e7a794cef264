import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes, type InputOf, type NetlinkSkEntry } from "@restage/images";
import {
  AF,
  NDIAG_PROTO_ALL,
  NDIAG_SHOW,
  NETLINK_DIAG,
  NETLINK_DIAG_MSG,
  NETLINK_DIAG_REQ,
  SO,
  SOL,
} from "@restage/linux/abi";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { diagnose } from "../socket-diag.ts";
import { socketOptions } from "../socket-options/dump.ts";
import { readOption } from "../socket-options/host-options.ts";

/** A netlink socket that is bound, as the kernel describes it. */
interface BoundNetlinkSocket {
  readonly ino: number;
  readonly state: number;
  readonly protocol: number;
  readonly portid: number;
  readonly dstPortid: number;
  readonly dstGroup: number;
  readonly groups: readonly number[];
}

/** Netlink sockets: port ids, peers and groups. */
export function netlinkSockets(): Plugin {
  return definePlugin({
    name: "netlink-sockets",
    duty: "netlink-sockets",
    phases: { inspect: "describes netlink sockets" },
    dump({ describeFile }) {
      let table: ReadonlyMap<number, BoundNetlinkSocket> | undefined;
      describeFile.tap("netlink-sockets", (file, context) => {
        const { descriptor } = file;
        if (descriptor === undefined || !file.link.startsWith("socket:")) return undefined;
        if (readOption(context.host, descriptor, SOL.SOCKET, SO.DOMAIN) !== AF.NETLINK) return undefined;
        table ??= readNetlinkSockets(context);
        return { type: fdTypes.NETLINKSK, nlsk: describeSocket(context, file, descriptor, table) };
      });
    },
  });
}

function describeSocket(
  context: DumpContext,
  file: OpenFile,
  descriptor: number,
  table: ReadonlyMap<number, BoundNetlinkSocket>,
): InputOf<NetlinkSkEntry> {
  const ino = Number(file.stat.ino);
  const socket = table.get(ino);
  const groups = socket?.groups.slice(0, 1 + (socket?.groups.findLastIndex((word) => word !== 0) ?? -1)) ?? [];
  if (groups.length > 1)
    context.findings.refuse({
      what: file.link,
      why: "it is a member of groups above 32, which Restage does not save yet",
      pid: file.task.pid,
    });
  return {
    id: file.id,
    ino,
    protocol: socket?.protocol ?? readOption(context.host, descriptor, SOL.SOCKET, SO.PROTOCOL) ?? 0,
    state: socket?.state ?? 0,
    flags: file.flags,
    portid: socket?.portid ?? 0,
    groups,
    dst_portid: socket?.dstPortid ?? 0,
    dst_group: socket?.dstGroup ?? 0,
    fown: ownerOf(file, context),
    opts: socketOptions(context.host, descriptor, AF.NETLINK),
    ns_id: file.task.ids.net_ns_id ?? 0,
  };
}

function readNetlinkSockets(context: DumpContext): ReadonlyMap<number, BoundNetlinkSocket> {
  const request = new Uint8Array(NETLINK_DIAG_REQ.size);
  request[NETLINK_DIAG_REQ.sdiag_family] = AF.NETLINK;
  request[NETLINK_DIAG_REQ.sdiag_protocol] = NDIAG_PROTO_ALL;
  new DataView(request.buffer).setUint32(NETLINK_DIAG_REQ.ndiag_show, NDIAG_SHOW.GROUPS, true);
  const sockets = diagnose(context, request, NETLINK_DIAG_MSG.size).map(
    ({ message, attributes }): BoundNetlinkSocket => {
      const groups = attributes.get(NETLINK_DIAG.GROUPS);
      return {
        protocol: message.getUint8(NETLINK_DIAG_MSG.ndiag_protocol),
        state: message.getUint8(NETLINK_DIAG_MSG.ndiag_state),
        portid: message.getUint32(NETLINK_DIAG_MSG.ndiag_portid, true),
        dstPortid: message.getUint32(NETLINK_DIAG_MSG.ndiag_dst_portid, true),
        dstGroup: message.getUint32(NETLINK_DIAG_MSG.ndiag_dst_group, true),
        ino: message.getUint32(NETLINK_DIAG_MSG.ndiag_ino, true),
        groups: groups === undefined ? [] : [...new Uint32Array(groups.slice(0, groups.length & ~3).buffer)],
      };
    },
  );
  return new Map(sockets.map((socket) => [socket.ino, socket]));
}
