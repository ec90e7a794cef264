/**
 * The kinds of images, by CRIU's names (CRIU: criu/image-desc.c, criu/include/magic.h).
 *
 * @module
 */
import { bpfmapData, pipeData, socketPacket, tcpStream } from "./extra/byte-run.ts";
import { ghostFile } from "./extra/ghost-file.ts";
import { messageQueue, semaphores, sharedMemory } from "./extra/ipc.ts";
import type { ExtraRule } from "./extra/rule.ts";
import type { ImageHeader, ImageKind, ImageKinds } from "./image-kind.ts";
import { RAW_IMAGE_MAGIC } from "./magic.ts";
import { bpfmapDataEntry, bpfmapFileEntry } from "./messages/bpfmap.ts";
import { cgroupEntry } from "./messages/cgroup.ts";
import { coreEntry, taskKobjIdsEntry } from "./messages/core.ts";
import {
  eventfdFileEntry,
  eventpollFileEntry,
  eventpollTfdEntry,
  pidfdEntry,
  signalfdEntry,
  timerfdEntry,
} from "./messages/event.ts";
import { fdinfoEntry, fileEntry } from "./messages/file.ts";
import { fileLockEntry } from "./messages/file-lock.ts";
import { cpuinfoEntry, statsEntry } from "./messages/host.ts";
import { inventoryEntry } from "./messages/inventory.ts";
import { ipcMsgEntry, ipcSemEntry, ipcShmEntry, ipcVarEntry } from "./messages/ipc.ts";
import type { PagemapEntry, PagemapHead } from "./messages/memory.ts";
import { mmEntry, pagemapEntry, pagemapHead, vmaEntry } from "./messages/memory.ts";
import { autofsEntry, binfmtMiscEntry, mntEntry } from "./messages/mount.ts";
import { pidnsEntry, usernsEntry, utsnsEntry } from "./messages/namespace.ts";
import { netDeviceEntry, netnsEntry, tunfileEntry } from "./messages/network.ts";
import {
  fanotifyFileEntry,
  fanotifyMarkEntry,
  inotifyFileEntry,
  inotifyWdEntry,
  irmapCacheEntry,
} from "./messages/notify.ts";
import { fifoEntry, pipeDataEntry, pipeEntry } from "./messages/pipe.ts";
import { credsEntry, fsEntry, pstreeEntry, rlimitEntry } from "./messages/process.ts";
import {
  extFileEntry,
  ghostFileEntry,
  memfdInodeEntry,
  nsFileEntry,
  regFileEntry,
  remapFilePathEntry,
} from "./messages/regular-file.ts";
import { apparmorEntry, seccompEntry } from "./messages/security.ts";
import { saEntry, siginfoEntry } from "./messages/signal.ts";
import { skPacketEntry } from "./messages/socket.ts";
import { inetSkEntry, tcpStreamEntry } from "./messages/socket-inet.ts";
import { netlinkSkEntry } from "./messages/socket-netlink.ts";
import { packetSockEntry } from "./messages/socket-packet.ts";
import { unixSkEntry } from "./messages/socket-unix.ts";
import { itimerEntry, posixTimerEntry, timensEntry } from "./messages/time.ts";
import { ttyDataEntry, ttyFileEntry, ttyInfoEntry } from "./messages/tty.ts";
import type { Message } from "./schema/message.ts";

function image<Value, Extra = undefined>(
  fileName: string,
  magic: number,
  message: Message<Value>,
  extra?: ExtraRule<Value, Extra>,
  header: ImageHeader = "common",
): ImageKind<Value, Extra> {
  return { fileName, magic, header, message, first: undefined, extra };
}

function pagemap(fileName: string, magic: number): ImageKind<PagemapHead | PagemapEntry> {
  return { fileName, magic, header: "common", message: pagemapEntry, first: pagemapHead, extra: undefined };
}

function raw(fileName: string): ImageKind<never> {
  return { fileName, magic: RAW_IMAGE_MAGIC, header: "raw", message: undefined, first: undefined, extra: undefined };
}

/** Every kind of image that CRIU 4.2 writes or reads. */
export const imageKinds: ImageKinds = {
  inventory: image("inventory.img", 0x58313116, inventoryEntry, undefined, "inventory"),
  pstree: image("pstree.img", 0x50273030, pstreeEntry),
  core: image("core-%u.img", 0x55053847, coreEntry),
  ids: image("ids-%u.img", 0x54432030, taskKobjIdsEntry),
  mm: image("mm-%u.img", 0x57492820, mmEntry),
  fs: image("fs-%u.img", 0x51403912, fsEntry),
  pagemap: pagemap("pagemap-%lu.img", 0x56084025),
  shmem_pagemap: pagemap("pagemap-shmem-%lu.img", 0x56084025),
  fdinfo: image("fdinfo-%u.img", 0x56213732, fdinfoEntry),
  files: image("files.img", 0x56303138, fileEntry),
  seccomp: image("seccomp.img", 0x64413049, seccompEntry),
  cgroup: image("cgroup.img", 0x59383330, cgroupEntry),
  apparmor: image("apparmor.img", 0x59423047, apparmorEntry),
  cpuinfo: image("cpuinfo.img", 0x61404013, cpuinfoEntry),
  remap_fpath: image("remap-fpath.img", 0x59133954, remapFilePathEntry),
  ghost_file: image("ghost-file-%x.img", 0x52583605, ghostFileEntry, ghostFile),
  memfd_inode: image("memfd.img", 0x48453499, memfdInodeEntry),
  pipes_data: image("pipes-data.img", 0x56453709, pipeDataEntry, pipeData),
  fifo_data: image("fifo-data.img", 0x59333054, pipeDataEntry, pipeData),
  sk_queues: image("sk-queues.img", 0x56264026, skPacketEntry, socketPacket),
  tcp_stream: image("tcp-stream-%x.img", 0x51465506, tcpStreamEntry, tcpStream),
  tty_info: image("tty-info.img", 0x59453036, ttyInfoEntry),
  tty_data: image("tty-data.img", 0x59413026, ttyDataEntry),
  file_locks: image("filelocks.img", 0x54323616, fileLockEntry),
  bpfmap_data: image("bpfmap-data.img", 0x64324033, bpfmapDataEntry, bpfmapData),
  utsns: image("utsns-%u.img", 0x54473203, utsnsEntry),
  timens: image("timens-%u.img", 0x43114433, timensEntry),
  pidns: image("pidns-%u.img", 0x61157326, pidnsEntry),
  userns: image("userns-%u.img", 0x55474906, usernsEntry),
  ipc_var: image("ipcns-var-%u.img", 0x53115007, ipcVarEntry),
  ipcns_shm: image("ipcns-shm-%u.img", 0x46283044, ipcShmEntry, sharedMemory),
  ipcns_msg: image("ipcns-msg-%u.img", 0x55453737, ipcMsgEntry, messageQueue),
  ipcns_sem: image("ipcns-sem-%u.img", 0x59573019, ipcSemEntry, semaphores),
  mnts: image("mountpoints-%u.img", 0x55563928, mntEntry),
  netdev: image("netdev-%u.img", 0x57373951, netDeviceEntry),
  netns: image("netns-%u.img", 0x55933752, netnsEntry),
  autofs: image("autofs-%u.img", 0x49353943, autofsEntry),
  binfmt_misc: image("binfmt-misc.img", 0x67343323, binfmtMiscEntry),

  // Split images, read only when the files image has nothing.
  reg_files: image("reg-files.img", 0x50363636, regFileEntry),
  ext_files: image("ext-files.img", 0x59255641, extFileEntry),
  ns_files: image("ns-files.img", 0x61394011, nsFileEntry),
  eventfd_file: image("eventfd.img", 0x44523722, eventfdFileEntry),
  eventpoll_file: image("eventpoll.img", 0x45023858, eventpollFileEntry),
  eventpoll_tfd: image("eventpoll-tfd.img", 0x44433746, eventpollTfdEntry),
  signalfd: image("signalfd.img", 0x57323820, signalfdEntry),
  timerfd: image("timerfd.img", 0x50493712, timerfdEntry),
  pidfd: image("pidfd.img", 0x54435556, pidfdEntry),
  inotify_file: image("inotify.img", 0x48424431, inotifyFileEntry),
  inotify_wd: image("inotify-wd.img", 0x54562009, inotifyWdEntry),
  fanotify_file: image("fanotify.img", 0x55096122, fanotifyFileEntry),
  fanotify_mark: image("fanotify-mark.img", 0x56506035, fanotifyMarkEntry),
  pipes: image("pipes.img", 0x56513555, pipeEntry),
  fifo: image("fifo.img", 0x58364939, fifoEntry),
  unixsk: image("unixsk.img", 0x54373943, unixSkEntry),
  inetsk: image("inetsk.img", 0x56443851, inetSkEntry),
  packetsk: image("packetsk.img", 0x60454618, packetSockEntry),
  netlink_sk: image("netlinksk.img", 0x58005614, netlinkSkEntry),
  tty_files: image("tty.img", 0x59433025, ttyFileEntry),
  tunfile: image("tunfile.img", 0x57143751, tunfileEntry),
  bpfmap_file: image("bpfmap-file.img", 0x57506142, bpfmapFileEntry),

  // Per-process images whose contents moved into core and mm.
  vmas: image("vmas-%u.img", 0x54123737, vmaEntry),
  sigact: image("sigacts-%u.img", 0x55344201, saEntry),
  itimers: image("itimers-%u.img", 0x57464056, itimerEntry),
  posix_timers: image("posix-timers-%u.img", 0x52603957, posixTimerEntry),
  creds: image("creds-%u.img", 0x54023547, credsEntry),
  rlimit: image("rlimit-%u.img", 0x57113925, rlimitEntry),
  signal: image("signal-s-%u.img", 0x59255647, siginfoEntry),
  psignal: image("signal-p-%u.img", 0x59255647, siginfoEntry),
  binfmt_misc_old: image("binfmt-misc-%u.img", 0x67343323, binfmtMiscEntry),

  // Service images: no suffix, written beside the others.
  stats: image("stats-%s", 0x57093306, statsEntry, undefined, "service"),
  irmap_cache: image("irmap-cache", 0x57004059, irmapCacheEntry, undefined, "service"),

  // Raw images: bytes of another program or of memory.
  pages: raw("pages-%u.img"),
  ifaddr: raw("ifaddr-%u.img"),
  route: raw("route-%u.img"),
  route6: raw("route6-%u.img"),
  rule: raw("rule-%u.img"),
  iptables: raw("iptables-%u.img"),
  ip6tables: raw("ip6tables-%u.img"),
  nftables: raw("nftables-%u.img"),
  netnf_ct: raw("netns-ct-%u.img"),
  netnf_exp: raw("netns-exp-%u.img"),
  tmpfs_img: raw("tmpfs-%u.tar.gz.img"),
  tmpfs_dev: raw("tmpfs-dev-%u.tar.gz.img"),
};
