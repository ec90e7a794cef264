import {
  cpuEndianness,
  cpuVendor,
  fdTypes,
  lsmtype,
  march,
  markType,
  ndType,
  remapType,
  seccompMode,
  skShutdown,
  sysctlType,
  ttyType,
  userX86RegsMode,
} from "@restage/images";
import { FLAGS, NAMES } from "./names.ts";

type Table = Readonly<Record<string, number>>;

/**
 * How `crit` writes a field: an enumeration by name always, the others only in its form for people. `dev` is a device in the kernel's notation, `odev` in
 * that of stat(2); `text` are bytes that are mostly text.
 */
export type Form =
  | "hex"
  | "dev"
  | "odev"
  | "address"
  | "text"
  | { readonly flags: Table }
  | { readonly names: Table }
  | { readonly enumeration: Table };

/** The forms of fields, by message and field; a message in hexadecimal has only such numbers. Source: CRIU 4.2, the options `(criu)` in images/*.proto. */
export const FORMS: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  bpfmap_file_entry: { flags: { flags: FLAGS.open } },
  core_entry: { mtype: { enumeration: march } },
  cpuinfo_ppc64_entry: { endian: { enumeration: cpuEndianness } },
  cpuinfo_x86_entry: { vendor_id: { enumeration: cpuVendor } },
  fanotify_file_entry: { flags: "hex", faflags: "hex", evflags: "hex" },
  fanotify_mark_entry: {
    mflags: "hex",
    mask: "hex",
    ignored_mask: "hex",
    s_dev: "dev",
    type: { enumeration: markType },
  },
  fdinfo_entry: { type: { enumeration: { ...fdTypes } } },
  file_entry: { type: { enumeration: { ...fdTypes } } },
  ghost_file_entry: { dev: "dev", rdev: "odev" },
  inet_sk_entry: {
    family: { names: NAMES.family },
    type: { names: NAMES.type },
    proto: { names: NAMES.protocol },
    state: { names: NAMES.tcp },
    flags: "hex",
    src_addr: "address",
    dst_addr: "address",
    shutdown: { enumeration: skShutdown },
  },
  inotify_file_entry: { flags: "hex" },
  inotify_wd_entry: { mask: "hex", ignored_mask: "hex", s_dev: "dev" },
  inventory_entry: { lsmtype: { enumeration: lsmtype } },
  irmap_cache_entry: { dev: "odev" },
  memfd_file_entry: { flags: { flags: FLAGS.open } },
  memfd_inode_entry: { seals: { flags: FLAGS.seals } },
  mm_entry: {
    mm_start_code: "hex",
    mm_end_code: "hex",
    mm_start_data: "hex",
    mm_end_data: "hex",
    mm_start_stack: "hex",
    mm_start_brk: "hex",
    mm_brk: "hex",
    mm_arg_start: "hex",
    mm_arg_end: "hex",
    mm_env_start: "hex",
    mm_env_end: "hex",
  },
  mnt_entry: { root_dev: "dev", flags: "hex", sb_flags: "hex" },
  net_device_entry: { flags: "hex", type: { enumeration: ndType } },
  netlink_sk_entry: { flags: "hex" },
  packet_sock_entry: { flags: "hex" },
  pagemap_entry: { vaddr: "hex", flags: { flags: FLAGS.pages } },
  pipe_entry: { flags: "hex" },
  reg_file_entry: { flags: { flags: FLAGS.open } },
  remap_file_path_entry: { remap_type: { enumeration: remapType } },
  sa_entry: { sigaction: "hex", flags: "hex", restorer: "hex", mask: "hex", mask_extended: "hex" },
  signalfd_entry: { flags: "hex", sigmask: "hex" },
  sit_entry: { local: "address", remote: "address", rd_prefix: "address", relay_prefix: "address" },
  sysctl_entry: { type: { enumeration: sysctlType } },
  task_core_entry: {
    task_state: { names: NAMES.state },
    blk_sigset: "hex",
    blk_sigset_extended: "hex",
    membarrier_registration_mask: "hex",
    old_seccomp_mode: { enumeration: seccompMode },
  },
  tcp_stream_entry: { opt_mask: "hex" },
  thread_core_entry: { seccomp_mode: { enumeration: seccompMode } },
  thread_info_aarch64: { clear_tid_addr: "hex", gpregs: "hex" },
  thread_info_arm: { clear_tid_addr: "hex", gpregs: "hex" },
  thread_info_loongarch64: { clear_tid_addr: "hex", gpregs: "hex", fpregs: "hex" },
  thread_info_mips: { clear_tid_addr: "hex", gpregs: "hex", fpregs: "hex" },
  thread_info_ppc64: { clear_tid_addr: "hex", gpregs: "hex" },
  thread_info_riscv64: { clear_tid_addr: "hex", gpregs: "hex" },
  thread_info_s390: {
    clear_tid_addr: "hex",
    gpregs: "hex",
    fpregs: "hex",
    vxrs_low: "hex",
    vxrs_high: "hex",
    gs_cb: "hex",
    gs_bc: "hex",
    ri_cb: "hex",
  },
  thread_info_x86: { clear_tid_addr: "hex", gpregs: "hex" },
  timerfd_entry: { flags: "hex", settime_flags: "hex" },
  tty_file_entry: { flags: "hex" },
  tty_info_entry: { type: { enumeration: ttyType } },
  tun_link_entry: { flags: "hex" },
  unix_sk_entry: {
    type: { names: NAMES.type },
    state: { names: NAMES.tcp },
    flags: "hex",
    uflags: "hex",
    name: "text",
    shutdown: { enumeration: skShutdown },
  },
  user_x86_cet_entry: { cet: "hex", ssp: "hex" },
  user_x86_regs_entry: { mode: { enumeration: userX86RegsMode } },
  vma_entry: {
    start: "hex",
    end: "hex",
    prot: { flags: FLAGS.protection },
    flags: { flags: FLAGS.mapping },
    status: { flags: FLAGS.status },
    madv: "hex",
    fdflags: "hex",
  },
};
