/**
 * The types of the kinds of images, and of what is in them.
 *
 * @module
 */
import type { BpfmapDataExtra, TcpStreamExtra } from "./extra/byte-run.ts";
import type { GhostFileExtra } from "./extra/ghost-file.ts";
import type { IpcQueuedMessage, IpcSemExtra } from "./extra/ipc.ts";
import type { ExtraRule } from "./extra/rule.ts";
import type { BpfmapDataEntry, BpfmapFileEntry } from "./messages/bpfmap.ts";
import type { CgroupEntry } from "./messages/cgroup.ts";
import type { CoreEntry, TaskKobjIdsEntry } from "./messages/core.ts";
import type {
  EventfdFileEntry,
  EventpollFileEntry,
  EventpollTfdEntry,
  PidfdEntry,
  SignalfdEntry,
  TimerfdEntry,
} from "./messages/event.ts";
import type { FdinfoEntry, FileEntry } from "./messages/file.ts";
import type { FileLockEntry } from "./messages/file-lock.ts";
import type { CpuinfoEntry, StatsEntry } from "./messages/host.ts";
import type { InventoryEntry } from "./messages/inventory.ts";
import type { IpcMsgEntry, IpcSemEntry, IpcShmEntry, IpcVarEntry } from "./messages/ipc.ts";
import type { MmEntry, PagemapEntry, PagemapHead, VmaEntry } from "./messages/memory.ts";
import type { AutofsEntry, BinfmtMiscEntry, MntEntry } from "./messages/mount.ts";
import type { PidnsEntry, UsernsEntry, UtsnsEntry } from "./messages/namespace.ts";
import type { NetDeviceEntry, NetnsEntry, TunfileEntry } from "./messages/network.ts";
import type {
  FanotifyFileEntry,
  FanotifyMarkEntry,
  InotifyFileEntry,
  InotifyWdEntry,
  IrmapCacheEntry,
} from "./messages/notify.ts";
import type { FifoEntry, PipeDataEntry, PipeEntry } from "./messages/pipe.ts";
import type { CredsEntry, FsEntry, PstreeEntry, RlimitEntry } from "./messages/process.ts";
import type {
  ExtFileEntry,
  GhostFileEntry,
  MemfdInodeEntry,
  NsFileEntry,
  RegFileEntry,
  RemapFilePathEntry,
} from "./messages/regular-file.ts";
import type { ApparmorEntry, SeccompEntry } from "./messages/security.ts";
import type { SaEntry, SiginfoEntry } from "./messages/signal.ts";
import type { SkPacketEntry } from "./messages/socket.ts";
import type { InetSkEntry, TcpStreamEntry } from "./messages/socket-inet.ts";
import type { NetlinkSkEntry } from "./messages/socket-netlink.ts";
import type { PacketSockEntry } from "./messages/socket-packet.ts";
import type { UnixSkEntry } from "./messages/socket-unix.ts";
import type { ItimerEntry, PosixTimerEntry, TimensEntry } from "./messages/time.ts";
import type { TtyDataEntry, TtyFileEntry, TtyInfoEntry } from "./messages/tty.ts";
import type { InputOf, Message } from "./schema/message.ts";

/** How an image begins: `common` and `service` are two words in layout V1.1, one in V1; the inventory always has one; raw images none. */
export type ImageHeader = "common" | "service" | "inventory" | "raw";

/**
 * A kind of image.
 *
 * @typeParam Value The messages in it, decoded.
 * @typeParam Extra What follows each message; `undefined` for nothing.
 */
export interface ImageKind<Value, Extra = undefined> {
  /** CRIU's pattern: `%u` and `%lu` stand for a decimal number, `%x` for a hexadecimal one, `%s` for a word. */
  readonly fileName: string;
  /** The kind's own magic word; 0 for a raw image. */
  readonly magic: number;
  readonly header: ImageHeader;
  /** The messages in it; undefined for a raw image. */
  readonly message: Message<Value> | undefined;
  /** The first message, where it differs from the others. */
  readonly first: Message<Value> | undefined;
  /** What follows each message. */
  readonly extra: ExtraRule<Value, Extra> | undefined;
}

/** What {@link imageKinds} has: every kind, with the type of its entries and of what follows each. */
export interface ImageKinds {
  readonly inventory: ImageKind<InventoryEntry>;
  readonly pstree: ImageKind<PstreeEntry>;
  readonly core: ImageKind<CoreEntry>;
  readonly ids: ImageKind<TaskKobjIdsEntry>;
  readonly mm: ImageKind<MmEntry>;
  readonly fs: ImageKind<FsEntry>;
  readonly pagemap: ImageKind<PagemapHead | PagemapEntry>;
  readonly shmem_pagemap: ImageKind<PagemapHead | PagemapEntry>;
  readonly fdinfo: ImageKind<FdinfoEntry>;
  readonly files: ImageKind<FileEntry>;
  readonly seccomp: ImageKind<SeccompEntry>;
  readonly cgroup: ImageKind<CgroupEntry>;
  readonly apparmor: ImageKind<ApparmorEntry>;
  readonly cpuinfo: ImageKind<CpuinfoEntry>;
  readonly remap_fpath: ImageKind<RemapFilePathEntry>;
  readonly ghost_file: ImageKind<GhostFileEntry, GhostFileExtra>;
  readonly memfd_inode: ImageKind<MemfdInodeEntry>;
  readonly pipes_data: ImageKind<PipeDataEntry, Uint8Array>;
  readonly fifo_data: ImageKind<PipeDataEntry, Uint8Array>;
  readonly sk_queues: ImageKind<SkPacketEntry, Uint8Array>;
  readonly tcp_stream: ImageKind<TcpStreamEntry, TcpStreamExtra>;
  readonly tty_info: ImageKind<TtyInfoEntry>;
  readonly tty_data: ImageKind<TtyDataEntry>;
  readonly file_locks: ImageKind<FileLockEntry>;
  readonly bpfmap_data: ImageKind<BpfmapDataEntry, BpfmapDataExtra>;
  readonly utsns: ImageKind<UtsnsEntry>;
  readonly timens: ImageKind<TimensEntry>;
  readonly pidns: ImageKind<PidnsEntry>;
  readonly userns: ImageKind<UsernsEntry>;
  readonly ipc_var: ImageKind<IpcVarEntry>;
  readonly ipcns_shm: ImageKind<IpcShmEntry, Uint8Array | undefined>;
  readonly ipcns_msg: ImageKind<IpcMsgEntry, readonly IpcQueuedMessage[]>;
  readonly ipcns_sem: ImageKind<IpcSemEntry, IpcSemExtra>;
  readonly mnts: ImageKind<MntEntry>;
  readonly netdev: ImageKind<NetDeviceEntry>;
  readonly netns: ImageKind<NetnsEntry>;
  readonly autofs: ImageKind<AutofsEntry>;
  readonly binfmt_misc: ImageKind<BinfmtMiscEntry>;

  // Split images, read only when the files image has nothing.
  readonly reg_files: ImageKind<RegFileEntry>;
  readonly ext_files: ImageKind<ExtFileEntry>;
  readonly ns_files: ImageKind<NsFileEntry>;
  readonly eventfd_file: ImageKind<EventfdFileEntry>;
  readonly eventpoll_file: ImageKind<EventpollFileEntry>;
  readonly eventpoll_tfd: ImageKind<EventpollTfdEntry>;
  readonly signalfd: ImageKind<SignalfdEntry>;
  readonly timerfd: ImageKind<TimerfdEntry>;
  readonly pidfd: ImageKind<PidfdEntry>;
  readonly inotify_file: ImageKind<InotifyFileEntry>;
  readonly inotify_wd: ImageKind<InotifyWdEntry>;
  readonly fanotify_file: ImageKind<FanotifyFileEntry>;
  readonly fanotify_mark: ImageKind<FanotifyMarkEntry>;
  readonly pipes: ImageKind<PipeEntry>;
  readonly fifo: ImageKind<FifoEntry>;
  readonly unixsk: ImageKind<UnixSkEntry>;
  readonly inetsk: ImageKind<InetSkEntry>;
  readonly packetsk: ImageKind<PacketSockEntry>;
  readonly netlink_sk: ImageKind<NetlinkSkEntry>;
  readonly tty_files: ImageKind<TtyFileEntry>;
  readonly tunfile: ImageKind<TunfileEntry>;
  readonly bpfmap_file: ImageKind<BpfmapFileEntry>;

  // Per-process images whose contents moved into core and mm.
  readonly vmas: ImageKind<VmaEntry>;
  readonly sigact: ImageKind<SaEntry>;
  readonly itimers: ImageKind<ItimerEntry>;
  readonly posix_timers: ImageKind<PosixTimerEntry>;
  readonly creds: ImageKind<CredsEntry>;
  readonly rlimit: ImageKind<RlimitEntry>;
  readonly signal: ImageKind<SiginfoEntry>;
  readonly psignal: ImageKind<SiginfoEntry>;
  readonly binfmt_misc_old: ImageKind<BinfmtMiscEntry>;

  // Service images: no suffix, written beside the others.
  readonly stats: ImageKind<StatsEntry>;
  readonly irmap_cache: ImageKind<IrmapCacheEntry>;

  // Raw images: bytes of another program or of memory.
  readonly pages: ImageKind<never>;
  readonly ifaddr: ImageKind<never>;
  readonly route: ImageKind<never>;
  readonly route6: ImageKind<never>;
  readonly rule: ImageKind<never>;
  readonly iptables: ImageKind<never>;
  readonly ip6tables: ImageKind<never>;
  readonly nftables: ImageKind<never>;
  readonly netnf_ct: ImageKind<never>;
  readonly netnf_exp: ImageKind<never>;
  readonly tmpfs_img: ImageKind<never>;
  readonly tmpfs_dev: ImageKind<never>;
}

/** CRIU's name of a kind of image. */
export type ImageKindName = keyof ImageKinds;
/** What an entry of a kind of image holds, decoded. */
export type EntryValue<K extends ImageKindName> = ImageKinds[K] extends ImageKind<infer Value, unknown> ? Value : never;
/** What is accepted as an entry of a kind of image. */
export type EntryInput<K extends ImageKindName> = InputOf<EntryValue<K>>;
/** What follows an entry of a kind of image; `undefined` for nothing. */
export type EntryExtra<K extends ImageKindName> = ImageKinds[K] extends {
  readonly extra: ExtraRule<never, infer Extra> | undefined;
}
  ? Extra
  : never;
/** Kinds without entries: the file is the payload. */
export type RawKindName = { [K in ImageKindName]: [EntryValue<K>] extends [never] ? K : never }[ImageKindName];
/** Kinds with entries. */
export type EntryKindName = Exclude<ImageKindName, RawKindName>;
