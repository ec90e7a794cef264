/** Cases that Restage's own checkpoints do not hold yet, and what they are refused for. */
export const NOT_YET: Readonly<Record<string, string>> = {
  "aio-rings": "it maps no regular file: these are not saved yet",
  "huge-pages": "huge pages (hugetlb) are not saved yet",
  "mapping-kinds": "it maps no regular file: these are not saved yet",
  "external-terminal": "the master of this terminal is outside the tree",
  "namespace-files": "files of this kind are not saved yet",
  "packet-sockets": "it maps no regular file: these are not saved yet",
  pidfds: "(anon_inode:[pidfd]): files of this kind are not saved yet",
  "shell-job-in-group": "(/dev/tty): files of this kind are not saved yet",
  terminals: "the master of this terminal is outside the tree",
  tun: "(/dev/net/tun): files of this kind are not saved yet",
  "tcp-requests": "the connection is in state 2 (SYN_SENT)",
  "container-files": "(anon_inode:[fanotify]): files of this kind are not saved yet",
  "watched-files": "(anon_inode:[fanotify]): files of this kind are not saved yet",
  "names-of-bytes": "its path does not lead to it any more, but it has another name",
  cgroups: "--manage-cgroups is an option of CRIU that Restage does not have yet",
  "odd-files": "files of this kind are not saved yet",
};
