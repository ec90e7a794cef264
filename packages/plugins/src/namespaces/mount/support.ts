import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "mount namespaces",
    saved:
      "one for all tasks: mounts with flags and propagation, content of tmpfs; mounts from outside with `--external mnt[MOUNTPOINT]:NAME`",
    restored:
      "any number in a tree; root (`--root`), binds, also of deleted files and directories, tmpfs with content, proc, sysfs, devpts, mqueue, cgroup, overlay and other file systems of the kernel, external mounts and devices (`--external mnt[...]`, `dev[...]`); flags, propagation groups within, between and into namespaces, mounts over mounts",
    refused: {
      dump: "other mounts from outside, deleted sources of binds",
      restore:
        "a mount namespace of a task when the root task is in the host's, autofs, FUSE, registered binary formats, file systems from outside without `--external`",
    },
    kernel: "5.12; 5.15 for propagation groups; GNU tar for tmpfs",
    shownBy: {
      saved: ["fixture namespaces", "fixture userns"],
      restored: ["fixture namespaces", "fixture userns", "case mounts", "case mount-namespaces"],
    },
  },
];
