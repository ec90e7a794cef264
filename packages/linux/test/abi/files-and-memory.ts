import * as abi from "../../src/abi/mod.ts";
import { type Group, layout, prefixed, single } from "./c-headers.ts";

/** Tables of files, mounts, terminals and memory. */
export const FILES_AND_MEMORY: readonly Group[] = [
  { headers: ["sys/eventfd.h"], expressions: single({ EFD_SEMAPHORE: "EFD_SEMAPHORE" }) },
  {
    headers: ["linux/landlock.h"],
    expressions: {
      ...prefixed("LANDLOCK_ACCESS_FS_", abi.LANDLOCK_ACCESS_FS),
      ...single({ LANDLOCK_CREATE_RULESET_VERSION: "LANDLOCK_CREATE_RULESET_VERSION" }),
    },
  },
  {
    headers: ["linux/fcntl.h", "linux/stat.h"],
    expressions: {
      ...prefixed("O_", abi.O, { TMPFILE: "__O_TMPFILE | O_DIRECTORY" }),
      ...prefixed("F_", abi.F),
      ...prefixed("F_", abi.F_LOCK),
      ...prefixed("F_OWNER_", abi.F_OWNER),
      ...prefixed("F_SEAL_", abi.F_SEAL),
      ...prefixed("LOCK_", abi.LOCK),
      ...prefixed("AT_", abi.AT),
      ...prefixed("S_IF", abi.S_IF),
      ...single({ FD_CLOEXEC: "FD_CLOEXEC", AT_FDCWD: "AT_FDCWD" }),
    },
  },
  { headers: ["fcntl.h"], expressions: prefixed("SPLICE_F_", abi.SPLICE_F) },
  { headers: ["linux/fs.h"], expressions: prefixed("SEEK_", abi.SEEK) },
  {
    headers: ["linux/fs.h"],
    recent: true,
    expressions: {
      ...prefixed("PAGE_IS_", abi.PAGE_IS),
      ...layout("struct pm_scan_arg", abi.PM_SCAN_ARG, { length: "sizeof(struct pm_scan_arg)" }),
      ...single({ PAGEMAP_SCAN: "PAGEMAP_SCAN", PAGE_REGION_SIZE: "sizeof(struct page_region)" }),
    },
  },
  {
    headers: ["linux/mman.h", "linux/memfd.h", "asm-generic/hugetlb_encode.h"],
    expressions: {
      ...prefixed("PROT_", abi.PROT),
      ...prefixed("MAP_", abi.MAP),
      ...prefixed("MADV_", abi.MADV),
      ...prefixed("MREMAP_", abi.MREMAP),
      ...prefixed("MCL_", abi.MCL),
      ...single({ MLOCK_ONFAULT: "MLOCK_ONFAULT" }),
      ...single({ MS_INVALIDATE: "MS_INVALIDATE" }),
      ...prefixed("MFD_", abi.MFD),
      ...prefixed("HUGETLB_FLAG_ENCODE_", abi.HUGETLB_FLAG_ENCODE),
    },
  },
  { headers: ["sys/user.h"], expressions: single({ PAGE_SIZE: "PAGE_SIZE" }) },
  { headers: ["asm/statfs.h"], expressions: single({ STATFS_SIZE: "sizeof(struct statfs)" }) },
  {
    headers: ["linux/magic.h"],
    expressions: prefixed("", abi.FS_MAGIC, {
      HUGETLBFS: "HUGETLBFS_MAGIC",
      SECRETMEM: "SECRETMEM_MAGIC",
      DEVPTS: "DEVPTS_SUPER_MAGIC",
    }),
  },
  { headers: ["asm/stat.h"], expressions: layout("struct stat", abi.STAT, { uid: "offsetof(struct stat, st_uid)" }) },
  {
    headers: ["linux/mount.h"],
    expressions: {
      ...prefixed("MS_", abi.MS),
      ...prefixed("OPEN_TREE_", abi.OPEN_TREE),
      ...prefixed("MOUNT_ATTR_", abi.MOUNT_ATTR, { ATIME: "MOUNT_ATTR__ATIME" }),
      ...prefixed("MOVE_MOUNT_", abi.MOVE_MOUNT),
      ...single({
        MOUNT_ATTR_SIZE: "MOUNT_ATTR_SIZE_VER0",
        FSOPEN_CLOEXEC: "FSOPEN_CLOEXEC",
        FSCONFIG_CMD_CREATE: "FSCONFIG_CMD_CREATE",
        FSMOUNT_CLOEXEC: "FSMOUNT_CLOEXEC",
      }),
    },
  },
  { headers: ["sys/mount.h"], expressions: prefixed("MNT_", abi.MNT) },
  {
    headers: ["elf.h"],
    expressions: {
      ...prefixed("ELFCLASS", abi.ELFCLASS),
      ...prefixed("ET_", abi.ET),
      ...prefixed("EM_", abi.EM),
      ...prefixed("PT_", abi.PT),
      ...prefixed("PF_", abi.PF),
      ...prefixed("DT_", abi.DT),
      ...prefixed("STT_", abi.STT),
      ...prefixed("", abi.ELF64, {
        EHDR_SIZE: "sizeof(Elf64_Ehdr)",
        PHDR_SIZE: "sizeof(Elf64_Phdr)",
        SYM_SIZE: "sizeof(Elf64_Sym)",
      }),
      ...single({
        ELF_MAGIC: "*(unsigned int *) ELFMAG",
        NHDR_SIZE: "sizeof(Elf64_Nhdr)",
        NT_GNU_BUILD_ID: "NT_GNU_BUILD_ID",
      }),
    },
  },
  {
    headers: ["sys/eventfd.h", "linux/landlock.h"],
    recent: true,
    expressions: {
      ...prefixed("LANDLOCK_ACCESS_FS_", abi.LANDLOCK_ACCESS_FS),
      ...single({
        EFD_SEMAPHORE: "EFD_SEMAPHORE",
        LANDLOCK_CREATE_RULESET_VERSION: "LANDLOCK_CREATE_RULESET_VERSION",
      }),
    },
  },
  {
    headers: ["linux/timerfd.h", "linux/inotify.h", "linux/ioctl.h"],
    expressions: {
      ...prefixed("TFD_TIMER_", abi.TFD_TIMER),
      ...single({
        TFD_IOC_SET_TICKS: "TFD_IOC_SET_TICKS",
        INOTIFY_IOC_SETNEXTWD: "INOTIFY_IOC_SETNEXTWD",
        INOTIFY_SETTABLE: "IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT",
      }),
    },
  },
  {
    headers: ["linux/ioctl.h", "linux/userfaultfd.h"],
    expressions: {
      ...prefixed("UFFDIO_", abi.UFFDIO),
      ...prefixed("UFFD_FEATURE_", abi.UFFD_FEATURE),
      ...prefixed("UFFD_EVENT_", abi.UFFD_EVENT),
      ...layout("struct uffd_msg", abi.UFFD_MSG, {
        arguments: "offsetof(struct uffd_msg, arg)",
        length: "sizeof(struct uffd_msg)",
      }),
      ...single({
        UFFD_API: "UFFD_API",
        UFFDIO_REGISTER_MODE_MISSING: "UFFDIO_REGISTER_MODE_MISSING",
        USERFAULTFD_IOC_NEW: "USERFAULTFD_IOC_NEW",
      }),
    },
  },
  {
    headers: ["linux/auto_fs.h", "linux/auto_dev-ioctl.h"],
    expressions: {
      ...prefixed("AUTOFS_DEV_IOCTL_", abi.AUTOFS_DEV_IOCTL),
      ...prefixed("AUTOFS_IOC_", abi.AUTOFS_IOC),
    },
  },
  {
    headers: ["linux/bpf.h"],
    expressions: {
      ...prefixed("BPF_", abi.BPF),
      ...prefixed("BPF_MAP_TYPE_", abi.BPF_MAP_TYPE),
      ...prefixed("BPF_F_", abi.BPF_F),
      ...layout("union bpf_attr", abi.BPF_MAP_CREATE_ATTR, { size: "offsetof(union bpf_attr, map_extra) + 8" }),
      ...layout("struct bpf_map_info", abi.BPF_MAP_INFO),
      ...single({ BPF_OBJ_NAME_LEN: "BPF_OBJ_NAME_LEN" }),
    },
  },
  {
    headers: ["linux/ioctl.h", "asm/ioctls.h", "asm/termios.h"],
    expressions: {
      ...prefixed("", abi.TTY, { TIOCINQ: "FIONREAD" }),
      ...layout("struct termios", abi.TERMIOS),
      ...prefixed("", abi.C_CFLAG),
      ...prefixed("", abi.C_LFLAG),
      ...single({ FIONREAD: "FIONREAD", NCCS: "NCCS", WINSIZE_SIZE: "sizeof(struct winsize)" }),
    },
  },
];
