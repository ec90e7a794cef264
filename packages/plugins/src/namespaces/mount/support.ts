import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "mount namespaces",
    saved:
      "any number of them, below one of the root task: mounts with flags and propagation, bind mounts of deleted directories and of empty deleted files; content of tmpfs, with all extended attributes, also where other mounts hide it; formats of a binfmt_misc of the tree's own user namespace; external mounts, with `--external mnt[MOUNTPOINT]:NAME`",
    lost: "with a warning: owner and permissions of deleted directories and files that are bound",
    restored:
      "any number of them; the root directory (`--root`); bind mounts, also of deleted files and directories; tmpfs with content; binfmt_misc with its formats in a user namespace; proc, sysfs, devpts, mqueue, cgroup, overlay, autofs with its daemon, and other file systems of the kernel; external mounts and devices (`--external mnt[...]`, `dev[...]`); flags; propagation groups within, between and into namespaces; mounts over mounts",
    refused: {
      dump: "other mounts whose file system is outside the tree; bind mounts of deleted files with content; overlays whose layers are in file systems of the tree; in a user namespace, a tmpfs that another mount hides; namespaces whose root directory no task has",
      restore:
        "a task's own mount namespace while the root task is in the host's; FUSE; binfmt_misc with formats that would apply to the whole machine; file systems from outside, without `--external`",
    },
    kernel: "5.12; 5.15 for propagation groups; 6.7 for binfmt_misc; GNU tar for tmpfs",
    shownBy: {
      saved: [
        "fixture namespaces",
        "fixture userns",
        "case binary-formats",
        "case tmpfs-attributes",
        "case mounts",
        "case hidden-mounts",
        "case mount-namespaces",
      ],
      restored: [
        "fixture namespaces",
        "fixture userns",
        "case mounts",
        "case hidden-mounts",
        "case mount-namespaces",
        "case no-proc",
        "case automounts",
      ],
    },
  },
];
