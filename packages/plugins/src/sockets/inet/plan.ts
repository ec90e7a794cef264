import type { Plan } from "@restage/core";
import type { InetSkEntry } from "@restage/images";
import { AF, IPPROTO, SOCK, TCP_STATE } from "@restage/linux/abi";
import { sharesNetwork } from "../../namespaces/own-namespaces.ts";
import { inetName, isAnyAddress, printedAddress } from "./addresses.ts";
import { type InetRow, readInetTable } from "./image-table.ts";
import { isConnection } from "./ports.ts";

const FAMILIES: ReadonlySet<number> = new Set([AF.INET, AF.INET6]);
const TYPES: ReadonlySet<number> = new Set([SOCK.STREAM, SOCK.DGRAM, SOCK.RAW]);

/** Refuses sockets that cannot come back, here or at all. */
export function checkInetSockets(plan: Plan): void {
  const sockets = [...plan.images.files.values()].flatMap(({ isk }) => isk ?? []);
  if (sockets.length === 0) return;
  const tables = { tcp: readInetTable(plan, "tcp"), udp: readInetTable(plan, "udp") };
  for (const socket of sockets) {
    checkKind(plan, socket);
    if (!isConnection(socket)) checkPort(plan, socket, tables);
  }
}

function checkKind(plan: Plan, socket: InetSkEntry): void {
  const what = inetName(socket);
  const { family, type, state, proto, src_addr, dst_addr, opts } = socket;
  if (!FAMILIES.has(family))
    plan.refuse({ what, why: `its address family is ${family}, which is neither IPv4 nor IPv6` });
  if (!TYPES.has(type)) plan.refuse({ what, why: `sockets of type ${type} are not restored yet` });
  if (type === SOCK.STREAM && proto !== IPPROTO.TCP)
    plan.refuse({ what, why: "streams of this protocol are not restored yet" });
  const words = family === AF.INET6 ? 4 : 1;
  if (src_addr.length < words || dst_addr.length < words)
    plan.refuse({ what, why: "its image lacks a part of its addresses" });
  if (state === TCP_STATE.LISTEN && proto !== IPPROTO.TCP)
    plan.refuse({ what, why: "its protocol knows no listening, but its image says it listens" });
  const device = opts.so_bound_dev;
  if (device !== undefined && sharesNetwork(plan) && plan.host.stat(`/sys/class/net/${device}`) === "missing") {
    const hint = "make that device, or rewrite its name: entries.inetsk";
    plan.refuse({ what, why: `the network device ${device} that it is bound to is not there`, hint });
  }
}

function checkPort(
  plan: Plan,
  socket: InetSkEntry,
  tables: { readonly tcp: readonly InetRow[]; readonly udp: readonly InetRow[] },
): void {
  const { proto, type, src_port, opts } = socket;
  const isTcp = proto === IPPROTO.TCP;
  const shares = opts.so_reuseport === true || (!isTcp && opts.reuseaddr === true);
  if (src_port === 0 || type === SOCK.RAW || shares || (!isTcp && proto !== IPPROTO.UDP)) return;
  const rows = isTcp ? tables.tcp.filter(({ state }) => state === TCP_STATE.LISTEN) : tables.udp;
  const row = rows.find((row) => isInTheWay(row, socket));
  if (row === undefined) return;
  const holder = plan.host.socketHolder(row.inode) ?? `a socket (socket:[${row.inode}])`;
  plan.refuse({
    what: inetName(socket),
    why: `its port is in use by ${holder}, at ${printedAddress(row.family, row.local.port, row.local.words)}`,
    hint: "end that, or rewrite the port: entries.inetsk",
  });
}

/** Where it is not sure (an IPv6 socket of somebody else may leave IPv4 alone), binding will tell. */
function isInTheWay({ family, local }: InetRow, socket: InetSkEntry): boolean {
  if (local.port !== socket.src_port) return false;
  if (family === socket.family) {
    return (
      isAnyAddress(local.words) ||
      isAnyAddress(socket.src_addr) ||
      local.words.every((word, n) => word === socket.src_addr[n])
    );
  }
  return socket.family === AF.INET6 && socket.v6only === false && isAnyAddress(socket.src_addr);
}
