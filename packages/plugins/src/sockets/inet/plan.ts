import type { Plan } from "@restage/core";
import type { InetSkEntry } from "@restage/images";
import { AF, IPPROTO, SOCK, TCP_STATE } from "@restage/linux/abi";
import { sharesNetwork } from "../../namespaces/own-namespaces.ts";
import { inetName, isAnyAddress, printedAddress } from "./addresses.ts";
import { wordsOf } from "./format.ts";
import { isConnection } from "./ports.ts";
import { type InetRow, readInetTable } from "./proc-table.ts";

const FAMILIES: ReadonlySet<number> = new Set([AF.INET, AF.INET6]);
const TYPES: ReadonlySet<number> = new Set([SOCK.STREAM, SOCK.DGRAM, SOCK.RAW]);

/** Refuses sockets that cannot be restored, on this machine or at all. */
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
  if (!TYPES.has(type)) plan.refuse({ what, why: `Restage does not restore sockets of type ${type} yet` });
  if (type === SOCK.STREAM && proto !== IPPROTO.TCP)
    plan.refuse({ what, why: "Restage does not restore stream sockets of this protocol yet" });
  const words = wordsOf(family);
  if (src_addr.length < words || dst_addr.length < words)
    plan.refuse({ what, why: "its image entry has incomplete addresses" });
  if (state === TCP_STATE.LISTEN && proto !== IPPROTO.TCP)
    plan.refuse({ what, why: "its image entry says that it listens, which its protocol does not support" });
  const device = opts.so_bound_dev;
  if (device !== undefined && sharesNetwork(plan) && plan.host.stat(`/sys/class/net/${device}`) === "missing") {
    const hint = "create that device, or rewrite its name with the hook entries.inetsk";
    plan.refuse({
      what,
      why: `it is bound to the network device ${device}, which does not exist`,
      hint,
      remedy: "machine",
    });
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
    hint: "end that process, or use the plugin movePorts",
    remedy: "machine",
  });
}

/** Whether binding would fail for certain. The table does not tell whether an IPv6 socket leaves IPv4 alone. */
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
