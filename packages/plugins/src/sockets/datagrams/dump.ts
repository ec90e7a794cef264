import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import type { InetSkEntry, InputOf, OwnDatagramEntry } from "@restage/images";
import { AF, IP, IPPROTO, IPV6, MSG, MSGHDR, POLL, SOCK, SOL } from "@restage/linux/abi";
import { isReady } from "../../is-ready.ts";
import { insideNetwork } from "../../namespaces/net/inside-network.ts";
import { room } from "../../room.ts";
import { type AddressWords, isAnyAddress, unmapped } from "../inet/addresses.ts";
import { addressSize, decodeAddress, encodeAddress, SOCKET_ADDRESS_SIZE, wordsOf } from "../inet/format.ts";
import { controlOf, messageHeader } from "../messages.ts";
import { peekAll } from "../peek.ts";
import { familyOf } from "./format.ts";

/** The largest size of a datagram. */
const MAX_DATAGRAM = 64 * 1024;
const CONTROL_SIZE = 1024;
/** The first byte of all addresses of the loopback device. */
const LOOPBACK_NETWORK = 127;
/** 127.0.0.1 and ::1, in network byte order. */
const LOOPBACK: Readonly<Record<number, AddressWords>> = {
  [AF.INET]: [0x0100_007f],
  [AF.INET6]: [0, 0, 0, 0x0100_0000],
};

/** Saves unread datagrams of UDP sockets in restage.img, because CRIU does not save them. A restore sends them again, inside the machine. */
export function datagrams(): Plugin {
  return definePlugin({
    name: "datagrams",
    duty: "datagrams",
    phases: { inspect: "saves datagrams that UDP sockets have not read yet" },
    dump({ filesDescribed }) {
      filesDescribed.tap("datagrams", (_tree, context) => {
        for (const file of context.files.all) saveDatagrams(context, file);
      });
    },
  });
}

function saveDatagrams(context: DumpContext, { id, descriptor, entry, link, task }: OpenFile): void {
  const isk = entry?.isk;
  if (descriptor === undefined || isk?.proto !== IPPROTO.UDP || isk.type !== SOCK.DGRAM) return;
  if (!isReady(context.host, descriptor, POLL.IN)) return;
  const found = peekAll(context.host, descriptor, () => peek(context, descriptor, isk));
  const why = obstacleTo(context, isk, found);
  if (why === undefined) context.own.file(id).datagrams = found;
  else {
    context.findings.lose("datagrams", {
      what: link,
      why: `it has ${found.length} unread datagrams, and ${why}`,
      hint: "checkpoint again when the program has read them",
      pid: task.pid,
    });
  }
}

/** The next datagram. Undefined at the end of the queue. */
function peek({ host }: DumpContext, socket: number, isk: InputOf<InetSkEntry>): OwnDatagramEntry | undefined {
  const [name, content, control] = [room(SOCKET_ADDRESS_SIZE), room(MAX_DATAGRAM), room(CONTROL_SIZE)];
  const parts = { name: name.data, payload: content.data, control: control.data };
  const message = { ...messageHeader(parts), output: true };
  const length = host.attempt("recvmsg", socket, message, MSG.PEEK | MSG.DONTWAIT | MSG.CMSG_CLOEXEC);
  if (length < 0) return undefined;
  const { port, words } = decodeAddress(isk.family, name.data.bytes);
  const source = unmapped(words);
  const controlLength = Number(new DataView(message.bytes.buffer).getBigUint64(MSGHDR.msg_controllen, true));
  const bound = [receivedAt(control.view, controlLength), isk.src_addr].find(
    (to) => to !== undefined && !isAnyAddress(to),
  );
  const destination = unmapped(bound ?? LOOPBACK[familyOf(source)] ?? []);
  return { port, source: [...source], destination: [...destination], content: content.data.bytes.slice(0, length) };
}

/** The address to which a datagram was sent, if the program has asked for it (IP_PKTINFO, IPV6_RECVPKTINFO). */
function receivedAt(control: DataView, length: number): AddressWords | undefined {
  const info = controlOf(control, length, SOL.IP, IP.PKTINFO);
  // struct in_pktinfo: index, local address, destination. struct in6_pktinfo: destination, index.
  if (info !== undefined) return [control.getUint32(info + 8, true)];
  const info6 = controlOf(control, length, SOL.IPV6, IPV6.PKTINFO);
  if (info6 === undefined) return undefined;
  return Array.from({ length: wordsOf(AF.INET6) }, (_, index) => control.getUint32(info6 + 4 * index, true));
}

/** Why a restore could not send the datagrams again so that this socket receives them, and nothing else does. */
function obstacleTo(
  context: DumpContext,
  isk: InputOf<InetSkEntry>,
  found: readonly OwnDatagramEntry[],
): string | undefined {
  if (isk.opts?.so_bound_dev !== undefined) return "it receives from one network device only";
  const sharing = context.files.all.filter(({ entry }) => {
    const other = entry?.isk;
    return other?.proto === IPPROTO.UDP && other.src_port === isk.src_port && other.ns_id === isk.ns_id;
  });
  if (sharing.length > 1) return "other sockets share its port";
  const addresses = new Map(found.map(({ destination }) => [destination.join(), destination]));
  const isLocal = insideNetwork(context, () => [...addresses.values()].every((address) => isOwn(context, address)));
  return isLocal
    ? undefined
    : "they were sent to a multicast or broadcast address, or to an IPv6 address other than ::1";
}

/** Whether only this machine has an address: a socket that connects to it gets the same address. Of IPv6, only ::1 is recognized. */
function isOwn({ host }: DumpContext, words: AddressWords): boolean {
  const family = familyOf(words);
  if (family === AF.INET6) return words.join() === LOOPBACK[AF.INET6]?.join();
  if (((words[0] ?? 0) & 0xff) === LOOPBACK_NETWORK) return true;
  const socket = host.attempt("socket", family, SOCK.DGRAM | SOCK.CLOEXEC, 0);
  if (socket < 0) return false;
  try {
    const address = encodeAddress(family, { port: 9, words });
    const to = room(address.length);
    to.data.bytes.set(address);
    if (host.attempt("connect", socket, to.data, address.length) < 0) return false;
    const [own, length] = [room(SOCKET_ADDRESS_SIZE), room(4)];
    length.view.setInt32(0, addressSize(family), true);
    host.attempt("getsockname", socket, own.data, length.data);
    return decodeAddress(family, own.data.bytes).words.join() === words.join();
  } finally {
    host.call.close(socket);
  }
}
