import type { Loss, NETWORK_LOCKS } from "../config/checkpoint-words.ts";
import type { RestoreOptions } from "../restore/options.ts";

/** A page server: where it listens, or a socket that is connected with it. */
export interface PageServerPlace {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly socket?: number | undefined;
}

/** The options of a checkpoint, beside plugins. Names are those of CRIU's options. */
export interface DumpOptions {
  /** The root task of the tree. */
  readonly pid: number;
  /** Directory of the images; made when it is not there. */
  readonly images: string;
  /** Directory of an earlier checkpoint, relative to `images`: pages that are the same there are not saved again. */
  readonly prevImagesDir: string | undefined;
  /** Memory goes to this page server, Restage's or CRIU's, instead of the images. */
  readonly pageServer: PageServerPlace | undefined;
  /**
   * Memory that can come later stays in the stopped tree when the images are complete. A `lazy-pages` daemon, Restage's or CRIU's, takes it from this
   * process, which serves it at this place. The tree is killed afterwards.
   */
  readonly lazyPages: PageServerPlace | undefined;
  /** The tree goes on; else it is killed when the images are complete. */
  readonly leaveRunning: boolean;
  /** The tree is left stopped (SIGSTOP). */
  readonly leaveStopped: boolean;
  /** Before the tree is killed, or the checkpoint counts as made: read the images back, and plan their restore on this machine. */
  readonly selfCheck: boolean;
  /** Write digests of all images, with which a restore can verify them. */
  readonly digests: boolean;
  /** How long a thread may take to stop, in milliseconds. */
  readonly timeout: number;
  /** Save TCP connections; without it a tree that has some is refused. */
  readonly tcpEstablished: boolean;
  /** How packets are kept off saved TCP connections until they are restored. For `iptables`, which CRIU has, nftables does it, with a warning. */
  readonly networkLock: (typeof NETWORK_LOCKS)[number];
  /** Save Unix sockets whose peer is outside the tree; without it a tree that has some is refused. */
  readonly extUnixSockets: boolean;
  /** The tree may be in a session or group of a process outside it: a shell's job. */
  readonly shellJob: boolean;
  /** A terminal may have its master outside the tree: a restore makes a new one, for a tap of `orphanMaster`. */
  readonly orphanPtsMaster: boolean;
  /** Save file locks; without it a tree that holds some is refused. */
  readonly fileLocks: boolean;
  /** Make links for files that are open under a name that they no longer have, beside the old name. */
  readonly linkRemap: boolean;
  /** What is outside the tree and stays there: `mnt[MOUNTPOINT]:NAME`. */
  readonly external: readonly string[];
  /** Whether cgroups are saved: `ignore` leaves them out, and the other modes of CRIU are for restores. */
  readonly manageCgroups: RestoreOptions["manageCgroups"];
  /** Namespaces whose content is not saved; they come back empty. */
  readonly emptyNamespaces: readonly "net"[];
  /** What does not come back after a restore although no image can hold it; without it, a tree that has it is refused. */
  readonly allowLoss: readonly Loss[];
  /** Save the features of this processor, for a restore that compares them (`cpuCap`). */
  readonly cpuinfo: boolean;
  /** The largest deleted file whose content is saved, in bytes. */
  readonly ghostLimit: number;
}

export const DEFAULT_DUMP_OPTIONS: Omit<DumpOptions, "pid" | "images"> = {
  prevImagesDir: undefined,
  pageServer: undefined,
  lazyPages: undefined,
  leaveRunning: false,
  leaveStopped: false,
  selfCheck: true,
  digests: true,
  timeout: 10_000,
  tcpEstablished: false,
  networkLock: "nftables",
  extUnixSockets: false,
  shellJob: false,
  orphanPtsMaster: false,
  fileLocks: false,
  linkRemap: false,
  external: [],
  manageCgroups: "soft",
  emptyNamespaces: [],
  allowLoss: [],
  cpuinfo: false,
  ghostLimit: 1024 * 1024,
};
