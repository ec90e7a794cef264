/**
 * The list of image kinds, except for those of single file types, which `file-types.ts` adds. Each export has CRIU's name of the kind
 * (CRIU: criu/image-desc.c, criu/include/magic.h).
 *
 * @module
 */
import type { BpfmapDataExtra, TcpStreamExtra } from "./extra/byte-run.ts";
import { bpfmapData, pipeData, socketPacket, tcpStream } from "./extra/byte-run.ts";
import type { GhostFileExtra } from "./extra/ghost-file.ts";
import { ghostFile } from "./extra/ghost-file.ts";
import type { IpcQueuedMessage, IpcSemExtra } from "./extra/ipc.ts";
import { messageQueue, semaphores, sharedMemory } from "./extra/ipc.ts";
import type { ImageKind } from "./image-kind.ts";
import { image, imageWithHead, rawImage } from "./image-kind.ts";
import type { BpfmapDataEntry } from "./messages/bpfmap.ts";
import { bpfmapDataEntry } from "./messages/bpfmap.ts";
import type { CgroupEntry } from "./messages/cgroup.ts";
import { cgroupEntry } from "./messages/cgroup.ts";
import type { CoreEntry, TaskKobjIdsEntry } from "./messages/core.ts";
import { coreEntry, taskKobjIdsEntry } from "./messages/core.ts";
import type { EventpollTfdEntry } from "./messages/event.ts";
import { eventpollTfdEntry } from "./messages/event.ts";
import type { FdinfoEntry, FileEntry } from "./messages/file.ts";
import { fdinfoEntry, fileEntry } from "./messages/file.ts";
import type { FileLockEntry } from "./messages/file-lock.ts";
import { fileLockEntry } from "./messages/file-lock.ts";
import type { CpuinfoEntry, StatsEntry } from "./messages/host.ts";
import { cpuinfoEntry, statsEntry } from "./messages/host.ts";
import type { InventoryEntry } from "./messages/inventory.ts";
import { inventoryEntry } from "./messages/inventory.ts";
import type { IpcMsgEntry, IpcSemEntry, IpcShmEntry, IpcVarEntry } from "./messages/ipc.ts";
import { ipcMsgEntry, ipcSemEntry, ipcShmEntry, ipcVarEntry } from "./messages/ipc.ts";
import type { MmEntry, PagemapEntry, PagemapHead, VmaEntry } from "./messages/memory.ts";
import { mmEntry, pagemapEntry, pagemapHead, vmaEntry } from "./messages/memory.ts";
import type { AutofsEntry, BinfmtMiscEntry, MntEntry } from "./messages/mount.ts";
import { autofsEntry, binfmtMiscEntry, mntEntry } from "./messages/mount.ts";
import type { PidnsEntry, UsernsEntry, UtsnsEntry } from "./messages/namespace.ts";
import { pidnsEntry, usernsEntry, utsnsEntry } from "./messages/namespace.ts";
import type { NetDeviceEntry, NetnsEntry } from "./messages/network.ts";
import { netDeviceEntry, netnsEntry } from "./messages/network.ts";
import type { FanotifyMarkEntry, InotifyWdEntry, IrmapCacheEntry } from "./messages/notify.ts";
import { fanotifyMarkEntry, inotifyWdEntry, irmapCacheEntry } from "./messages/notify.ts";
import type { OwnEntry } from "./messages/own.ts";
import { ownEntry } from "./messages/own.ts";
import type { PipeDataEntry } from "./messages/pipe.ts";
import { pipeDataEntry } from "./messages/pipe.ts";
import type { CredsEntry, FsEntry, PstreeEntry, RlimitEntry } from "./messages/process.ts";
import { credsEntry, fsEntry, pstreeEntry, rlimitEntry } from "./messages/process.ts";
import type { GhostFileEntry, MemfdInodeEntry, RemapFilePathEntry } from "./messages/regular-file.ts";
import { ghostFileEntry, memfdInodeEntry, remapFilePathEntry } from "./messages/regular-file.ts";
import type { ApparmorEntry, SeccompEntry } from "./messages/security.ts";
import { apparmorEntry, seccompEntry } from "./messages/security.ts";
import type { SaEntry, SiginfoEntry } from "./messages/signal.ts";
import { saEntry, siginfoEntry } from "./messages/signal.ts";
import type { SkPacketEntry } from "./messages/socket.ts";
import { skPacketEntry } from "./messages/socket.ts";
import type { TcpStreamEntry } from "./messages/socket-inet.ts";
import { tcpStreamEntry } from "./messages/socket-inet.ts";
import type { ItimerEntry, PosixTimerEntry, TimensEntry } from "./messages/time.ts";
import { itimerEntry, posixTimerEntry, timensEntry } from "./messages/time.ts";
import type { TtyDataEntry, TtyInfoEntry } from "./messages/tty.ts";
import { ttyDataEntry, ttyInfoEntry } from "./messages/tty.ts";

export const inventory: ImageKind<InventoryEntry> = image(
  "inventory.img",
  0x58313116,
  inventoryEntry,
  undefined,
  "inventory",
);
export const pstree: ImageKind<PstreeEntry> = image("pstree.img", 0x50273030, pstreeEntry);
export const core: ImageKind<CoreEntry> = image("core-%u.img", 0x55053847, coreEntry);
export const ids: ImageKind<TaskKobjIdsEntry> = image("ids-%u.img", 0x54432030, taskKobjIdsEntry);
export const mm: ImageKind<MmEntry> = image("mm-%u.img", 0x57492820, mmEntry);
export const fs: ImageKind<FsEntry> = image("fs-%u.img", 0x51403912, fsEntry);
export const pagemap: ImageKind<PagemapHead | PagemapEntry> = imageWithHead(
  "pagemap-%lu.img",
  0x56084025,
  pagemapHead,
  pagemapEntry,
);
export const shmem_pagemap: ImageKind<PagemapHead | PagemapEntry> = imageWithHead(
  "pagemap-shmem-%lu.img",
  0x56084025,
  pagemapHead,
  pagemapEntry,
);
export const fdinfo: ImageKind<FdinfoEntry> = image("fdinfo-%u.img", 0x56213732, fdinfoEntry);
export const files: ImageKind<FileEntry> = image("files.img", 0x56303138, fileEntry);
export const seccomp: ImageKind<SeccompEntry> = image("seccomp.img", 0x64413049, seccompEntry);
export const cgroup: ImageKind<CgroupEntry> = image("cgroup.img", 0x59383330, cgroupEntry);
export const apparmor: ImageKind<ApparmorEntry> = image("apparmor.img", 0x59423047, apparmorEntry);
export const cpuinfo: ImageKind<CpuinfoEntry> = image("cpuinfo.img", 0x61404013, cpuinfoEntry);
export const remap_fpath: ImageKind<RemapFilePathEntry> = image("remap-fpath.img", 0x59133954, remapFilePathEntry);
export const ghost_file: ImageKind<GhostFileEntry, GhostFileExtra> = image(
  "ghost-file-%x.img",
  0x52583605,
  ghostFileEntry,
  ghostFile,
);
export const memfd_inode: ImageKind<MemfdInodeEntry> = image("memfd.img", 0x48453499, memfdInodeEntry);
export const pipes_data: ImageKind<PipeDataEntry, Uint8Array> = image(
  "pipes-data.img",
  0x56453709,
  pipeDataEntry,
  pipeData,
);
export const fifo_data: ImageKind<PipeDataEntry, Uint8Array> = image(
  "fifo-data.img",
  0x59333054,
  pipeDataEntry,
  pipeData,
);
export const sk_queues: ImageKind<SkPacketEntry, Uint8Array> = image(
  "sk-queues.img",
  0x56264026,
  skPacketEntry,
  socketPacket,
);
export const tcp_stream: ImageKind<TcpStreamEntry, TcpStreamExtra> = image(
  "tcp-stream-%x.img",
  0x51465506,
  tcpStreamEntry,
  tcpStream,
);
export const tty_info: ImageKind<TtyInfoEntry> = image("tty-info.img", 0x59453036, ttyInfoEntry);
export const tty_data: ImageKind<TtyDataEntry> = image("tty-data.img", 0x59413026, ttyDataEntry);
export const file_locks: ImageKind<FileLockEntry> = image("filelocks.img", 0x54323616, fileLockEntry);
export const bpfmap_data: ImageKind<BpfmapDataEntry, BpfmapDataExtra> = image(
  "bpfmap-data.img",
  0x64324033,
  bpfmapDataEntry,
  bpfmapData,
);
export const utsns: ImageKind<UtsnsEntry> = image("utsns-%u.img", 0x54473203, utsnsEntry);
export const timens: ImageKind<TimensEntry> = image("timens-%u.img", 0x43114433, timensEntry);
export const pidns: ImageKind<PidnsEntry> = image("pidns-%u.img", 0x61157326, pidnsEntry);
export const userns: ImageKind<UsernsEntry> = image("userns-%u.img", 0x55474906, usernsEntry);
export const ipc_var: ImageKind<IpcVarEntry> = image("ipcns-var-%u.img", 0x53115007, ipcVarEntry);
export const ipcns_shm: ImageKind<IpcShmEntry, Uint8Array | undefined> = image(
  "ipcns-shm-%u.img",
  0x46283044,
  ipcShmEntry,
  sharedMemory,
);
export const ipcns_msg: ImageKind<IpcMsgEntry, readonly IpcQueuedMessage[]> = image(
  "ipcns-msg-%u.img",
  0x55453737,
  ipcMsgEntry,
  messageQueue,
);
export const ipcns_sem: ImageKind<IpcSemEntry, IpcSemExtra> = image(
  "ipcns-sem-%u.img",
  0x59573019,
  ipcSemEntry,
  semaphores,
);
export const mnts: ImageKind<MntEntry> = image("mountpoints-%u.img", 0x55563928, mntEntry);
export const netdev: ImageKind<NetDeviceEntry> = image("netdev-%u.img", 0x57373951, netDeviceEntry);
export const netns: ImageKind<NetnsEntry> = image("netns-%u.img", 0x55933752, netnsEntry);
export const autofs: ImageKind<AutofsEntry> = image("autofs-%u.img", 0x49353943, autofsEntry);
export const binfmt_misc: ImageKind<BinfmtMiscEntry> = image("binfmt-misc.img", 0x67343323, binfmtMiscEntry);

// Images of one type of object, now part of the messages of file types.
export const eventpoll_tfd: ImageKind<EventpollTfdEntry> = image("eventpoll-tfd.img", 0x44433746, eventpollTfdEntry);
export const inotify_wd: ImageKind<InotifyWdEntry> = image("inotify-wd.img", 0x54562009, inotifyWdEntry);
export const fanotify_mark: ImageKind<FanotifyMarkEntry> = image("fanotify-mark.img", 0x56506035, fanotifyMarkEntry);

// Images of one process, whose contents are now part of core and mm.
export const vmas: ImageKind<VmaEntry> = image("vmas-%u.img", 0x54123737, vmaEntry);
export const sigact: ImageKind<SaEntry> = image("sigacts-%u.img", 0x55344201, saEntry);
export const itimers: ImageKind<ItimerEntry> = image("itimers-%u.img", 0x57464056, itimerEntry);
export const posix_timers: ImageKind<PosixTimerEntry> = image("posix-timers-%u.img", 0x52603957, posixTimerEntry);
export const creds: ImageKind<CredsEntry> = image("creds-%u.img", 0x54023547, credsEntry);
export const rlimit: ImageKind<RlimitEntry> = image("rlimit-%u.img", 0x57113925, rlimitEntry);
export const signal: ImageKind<SiginfoEntry> = image("signal-s-%u.img", 0x59255647, siginfoEntry);
export const psignal: ImageKind<SiginfoEntry> = image("signal-p-%u.img", 0x59255647, siginfoEntry);
export const binfmt_misc_old: ImageKind<BinfmtMiscEntry> = image("binfmt-misc-%u.img", 0x67343323, binfmtMiscEntry);

// Service images, which have no suffix.
export const stats: ImageKind<StatsEntry> = image("stats-%s", 0x57093306, statsEntry, undefined, "service");
export const irmap_cache: ImageKind<IrmapCacheEntry> = image(
  "irmap-cache",
  0x57004059,
  irmapCacheEntry,
  undefined,
  "service",
);

// Raw images: memory, or the output of another program.
export const pages: ImageKind<never> = rawImage("pages-%u.img");
export const ifaddr: ImageKind<never> = rawImage("ifaddr-%u.img");
export const route: ImageKind<never> = rawImage("route-%u.img");
export const route6: ImageKind<never> = rawImage("route6-%u.img");
export const rule: ImageKind<never> = rawImage("rule-%u.img");
export const iptables: ImageKind<never> = rawImage("iptables-%u.img");
export const ip6tables: ImageKind<never> = rawImage("ip6tables-%u.img");
export const nftables: ImageKind<never> = rawImage("nftables-%u.img");
export const netnf_ct: ImageKind<never> = rawImage("netns-ct-%u.img");
export const netnf_exp: ImageKind<never> = rawImage("netns-exp-%u.img");
export const tmpfs_img: ImageKind<never> = rawImage("tmpfs-%u.tar.gz.img");
export const tmpfs_dev: ImageKind<never> = rawImage("tmpfs-dev-%u.tar.gz.img");
/** What CRIU's images have no fields for. CRIU ignores this file. */
export const restage: ImageKind<OwnEntry> = image("restage.img", 0x52535447, ownEntry);
