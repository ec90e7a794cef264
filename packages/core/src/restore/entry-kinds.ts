import type { EntryKindName, EntryValue, FileEntry } from "@restage/images";

/** The entry of each kind of image, by CRIU's name of the kind. */
export type EntryKinds = { readonly [K in EntryKindName]: EntryValue<K> };

/** Where an entry was read. */
export interface EntryPlace {
  readonly file: string;
  /** Its number in the file, from 0. */
  readonly index: number;
}

/** The members of file_entry, by the kind whose hook sees them: `files.img` holds what older images have one file each for. */
export const FILE_MEMBERS = {
  reg: "reg_files",
  isk: "inetsk",
  nsf: "ns_files",
  psk: "packetsk",
  nlsk: "netlink_sk",
  efd: "eventfd_file",
  epfd: "eventpoll_file",
  sgfd: "signalfd",
  tunf: "tunfile",
  tfd: "timerfd",
  ify: "inotify_file",
  ffy: "fanotify_file",
  ext: "ext_files",
  usk: "unixsk",
  fifo: "fifo",
  pipe: "pipes",
  tty: "tty_files",
  bpf: "bpfmap_file",
  pidfd: "pidfd",
} as const satisfies Partial<Record<keyof FileEntry, EntryKindName>>;
