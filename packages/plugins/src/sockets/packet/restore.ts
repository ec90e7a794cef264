import {
  data,
  definePlugin,
  giveCapability,
  type ImageSet,
  loaded,
  output,
  type Plan,
  type Plugin,
  struct,
  type Task,
  type Value,
} from "@restage/core";
import { fdTypes, type PacketMclist, type PacketRing, type PacketSockEntry, type VmaEntry } from "@restage/images";
import {
  AF,
  F,
  IFREQ,
  MAP,
  PACKET,
  PACKET_MREQ,
  SETTABLE_FLAGS,
  SIOCGIFNAME,
  SOCK,
  SOCK_PACKET,
  SOL,
} from "@restage/linux/abi";
import { advise } from "../../memory/mappings/advise.ts";
import { kindOf, printVma } from "../../memory/mappings/format.ts";
import { setOptionsForBinding } from "../settings/restore.ts";
import { setOption, setSocketOptions } from "../socket-options/restore.ts";

const TYPES: ReadonlySet<number> = new Set([SOCK.DGRAM, SOCK.RAW, SOCK_PACKET]);

/** `fanout` of a socket that is in no group. Source: CRIU images/packet-sock.proto. */
const NO_FANOUT = 0xffff_ffff;
/** Bytes of struct packet_mreq with room for the longest address, MAX_ADDR_LEN of include/linux/netdevice.h. */
const MEMBERSHIP_SIZE = PACKET_MREQ.mr_address + 32;
/** struct sockaddr with the name of a device in sa_data: its size, and the room that a whole name needs. Source: packet(7). */
const OLD_ADDRESS = { size: 16, room: 18 } as const;

/**
 * RESTORE: packet sockets, with rings and fanout groups. As in CRIU, packets that nobody has read are lost.
 *
 * Network devices are found by their index. Requires CAP_NET_RAW.
 */
export function packetSockets(): Plugin {
  return definePlugin({
    name: "packet-sockets",
    duty: "packet-sockets",
    needs: ["descriptors"],
    stages: { RESTORE: "opens packet sockets, and maps their rings when all descriptors are open" },
    apply({ plan, openFile, stages }) {
      plan.tap("packet-sockets", checkPacketSockets);
      openFile.for("PACKETSK").tap("packet-sockets", ({ task, entry: { psk }, images }) => {
        return psk === undefined ? undefined : openSocket(task, psk, images);
      });
      stages.RESTORE.task.tap("packet-sockets", (task) => {
        if (task.survives) mapRings(task);
      });
    },
  });
}

/** Sets all options before the socket is bound, so that no packet arrives that its filter would have dropped. */
function openSocket(task: Task, entry: PacketSockEntry, images: ImageSet): Value {
  const { type, protocol, ifindex, flags, opts, fanout = NO_FANOUT } = entry;
  const isOld = type === SOCK_PACKET;
  // With a protocol it would receive from all devices at once. For SOCK_PACKET it cannot be set later.
  const socket = task.call
    .socket(AF.PACKET, type | SOCK.CLOEXEC, isOld ? protocol : 0)
    .hint(giveCapability("CAP_NET_RAW"));
  if (!isOld) setPacketOptions(task, socket, entry, images);
  task.call.fcntl(socket, F.SETFL, flags & SETTABLE_FLAGS);
  setSocketOptions(task, socket, opts);
  if (isOld) bindByName(task, socket, ifindex);
  else bindByIndex(task, socket, protocol, ifindex);
  if (fanout !== NO_FANOUT)
    setOption(task, socket, SOL.PACKET, PACKET.FANOUT, fanout).hint("bring its network device up first");
  return socket;
}

/** struct sockaddr_ll. */
function bindByIndex(task: Task, socket: Value, protocol: number, index: number): void {
  const address = struct([4, AF.PACKET | (protocol << 16)], [4, index], [4, 0], [8, 0]);
  task.call
    .bind(socket, address, address.bytes.length)
    .hint(`network device ${index} does not exist: create it, or rewrite the index with the hook entries.packetsk`);
}

/** Binds a socket of type SOCK_PACKET by the name of its device, with struct sockaddr. Without a device it stays unbound. */
function bindByName(task: Task, socket: Value, index: number): void {
  if (index === 0) return;
  const request = output(IFREQ.size);
  new DataView(request.bytes.buffer).setInt32(IFREQ.ifindex, index, true);
  task.call.ioctl(socket, SIOCGIFNAME, request).hint(`network device ${index} does not exist: create it`);
  const bytes = new Uint8Array(OLD_ADDRESS.room);
  new DataView(bytes.buffer).setUint16(0, AF.PACKET, true);
  const name = data(bytes, [
    { offset: 2, size: 8, value: loaded(request, 0, 8) },
    { offset: 10, size: 4, value: loaded(request, 8, 4) },
    { offset: 14, size: 4, value: loaded(request, 12, 4) },
  ]);
  task.call.bind(socket, name, OLD_ADDRESS.size);
}

/** Maps the rings that were mapped, each through the task's own descriptor of the socket. */
function mapRings(task: Task): void {
  for (const vma of task.mm.vmas) {
    if (kindOf(vma) !== "socket") continue;
    const number = numberOf(task, vma);
    if (number === undefined) continue;
    const { start, end, prot, flags, pgoff } = vma;
    task.call.mmap(start, end - start, prot, flags | MAP.FIXED_NOREPLACE, number, pgoff);
    advise(task, vma);
  }
}

function numberOf(task: Task, { shmid }: VmaEntry): number | undefined {
  return task.descriptors.find(({ id, type }) => BigInt(id) === shmid && type === fdTypes.PACKETSK)?.fd;
}

/** Sets options that SOCK_PACKET lacks. The version and VNET_HDR come before rings, because they determine the layout of rings. */
function setPacketOptions(task: Task, socket: Value, entry: PacketSockEntry, images: ImageSet): void {
  const set = (option: number, value: number | boolean) => setOption(task, socket, SOL.PACKET, option, value);
  set(PACKET.VERSION, entry.version);
  set(PACKET.RESERVE, entry.reserve);
  set(PACKET.TIMESTAMP, entry.timestamp);
  set(PACKET.COPY_THRESH, entry.copy_thresh);
  if (entry.aux_data) set(PACKET.AUXDATA, true);
  if (entry.orig_dev) set(PACKET.ORIGDEV, true);
  if (entry.vnet_hdr) set(PACKET.VNET_HDR, true);
  if (entry.loss) set(PACKET.LOSS, true);
  setOptionsForBinding(task, socket, images, entry.id);
  for (const membership of entry.mclist) addMembership(task, socket, membership);
  if (entry.rx_ring !== undefined) setRing(task, socket, PACKET.RX_RING, entry.rx_ring);
  if (entry.tx_ring !== undefined) setRing(task, socket, PACKET.TX_RING, entry.tx_ring);
}

/** struct packet_mreq. */
function addMembership(task: Task, socket: Value, { index, type, addr }: PacketMclist): void {
  const bytes = new Uint8Array(MEMBERSHIP_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, index, true);
  view.setUint16(PACKET_MREQ.mr_type, type, true);
  view.setUint16(PACKET_MREQ.mr_alen, addr.length, true);
  bytes.set(addr, PACKET_MREQ.mr_address);
  task.call.setsockopt(socket, SOL.PACKET, PACKET.ADD_MEMBERSHIP, bytes, bytes.length);
}

/** struct tpacket_req3, which begins like the older struct tpacket_req. */
function setRing(task: Task, socket: Value, option: number, ring: PacketRing): void {
  const { block_size, block_nr, frame_size, frame_nr, retire_tmo, sizeof_priv, features } = ring;
  const fields = [block_size, block_nr, frame_size, frame_nr, retire_tmo, sizeof_priv, features];
  const request = struct(...fields.map((value) => [4, value] as const));
  task.call.setsockopt(socket, SOL.PACKET, option, request, request.bytes.length);
}

function checkPacketSockets(plan: Plan): void {
  for (const { psk } of plan.images.files.values()) {
    if (psk === undefined || TYPES.has(psk.type)) continue;
    plan.refuse({
      what: `packet socket ${psk.id}`,
      why: `its type is ${psk.type}, and packet sockets have no such type`,
    });
  }
  for (const task of plan.survivors) {
    for (const vma of task.mm.vmas) {
      if (kindOf(vma) !== "socket" || numberOf(task, vma) !== undefined) continue;
      const why = `it maps a ring of packet socket ${vma.shmid}, for which the task has no descriptor`;
      plan.refuse({ what: `mapping ${printVma(vma)}`, why, pid: task.pid });
    }
  }
}
