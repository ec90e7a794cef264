/** Types of file systems that a restore mounts again, by their numbers in images. Source: CRIU images/mnt.proto. */
export const fileSystems: Readonly<Record<number, string>> = {
  1: "proc",
  2: "sysfs",
  3: "devtmpfs",
  4: "binfmt_misc",
  5: "tmpfs",
  6: "devpts",
  8: "pstore",
  9: "securityfs",
  10: "fusectl",
  11: "debugfs",
  12: "cgroup",
  14: "mqueue",
  17: "overlay",
  19: "tracefs",
  23: "cgroup2",
};
