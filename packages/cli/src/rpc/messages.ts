/**
 * The messages by which container engines talk to `criu`, with CRIU's names. Source: CRIU 4.2, images/rpc.proto.
 *
 * @module
 */
import {
  bool,
  embedded,
  enumeration,
  int32,
  type Message,
  message,
  repeated,
  required,
  string,
  type Unknowns,
  uint32,
} from "@restage/images";

/** Kinds of requests and answers. */
export const REQUEST = {
  EMPTY: 0,
  DUMP: 1,
  RESTORE: 2,
  CHECK: 3,
  PRE_DUMP: 4,
  PAGE_SERVER: 5,
  NOTIFY: 6,
  CPUINFO_DUMP: 7,
  CPUINFO_CHECK: 8,
  FEATURE_CHECK: 9,
  VERSION: 10,
  WAIT_PID: 11,
  PAGE_SERVER_CHLD: 12,
  SINGLE_PRE_DUMP: 13,
} as const;

/** A page server. */
export interface CriuPageServerInfo extends Unknowns {
  readonly address?: string;
  readonly port?: number;
  readonly pid?: number;
  readonly fd?: number;
}

/** The message type of {@link CriuPageServerInfo}. */
export const criuPageServerInfo: Message<CriuPageServerInfo> = message("criu_page_server_info", () => ({
  address: string(1),
  port: int32(2),
  pid: int32(3),
  fd: int32(4),
}));

/** A pair of veth links. */
export interface CriuVethPair extends Unknowns {
  readonly if_in: string;
  readonly if_out: string;
}

/** The message type of {@link CriuVethPair}. */
export const criuVethPair: Message<CriuVethPair> = message("criu_veth_pair", () => ({
  if_in: string(1, required),
  if_out: string(2, required),
}));

/** An external mount. */
export interface CriuExtMountMap extends Unknowns {
  readonly key: string;
  readonly val: string;
}

/** The message type of {@link CriuExtMountMap}. */
export const criuExtMountMap: Message<CriuExtMountMap> = message("ext_mount_map", () => ({
  key: string(1, required),
  val: string(2, required),
}));

/** A namespace to join. */
export interface CriuJoinNamespace extends Unknowns {
  readonly ns: string;
  readonly ns_file: string;
  readonly extra_opt?: string;
}

/** The message type of {@link CriuJoinNamespace}. */
export const criuJoinNamespace: Message<CriuJoinNamespace> = message("join_namespace", () => ({
  ns: string(1, required),
  ns_file: string(2, required),
  extra_opt: string(3),
}));

/** A descriptor of the server that replaces a file. */
export interface CriuInheritFd extends Unknowns {
  readonly key: string;
  readonly fd: number;
}

/** The message type of {@link CriuInheritFd}. */
export const criuInheritFd: Message<CriuInheritFd> = message("inherit_fd", () => ({
  key: string(1, required),
  fd: int32(2, required),
}));

/** A path of cgroups; all hierarchies without a controller. */
export interface CriuCgroupRoot extends Unknowns {
  readonly ctrl?: string;
  readonly path: string;
}

/** The message type of {@link CriuCgroupRoot}. */
export const criuCgroupRoot: Message<CriuCgroupRoot> = message("cgroup_root", () => ({
  ctrl: string(1),
  path: string(2, required),
}));

/** A Unix socket outside of the tree. */
export interface CriuUnixSk extends Unknowns {
  readonly inode: number;
}

/** The message type of {@link CriuUnixSk}. */
export const criuUnixSk: Message<CriuUnixSk> = message("unix_sk", () => ({
  inode: uint32(1, required),
}));

/** The options of a request. */
export interface CriuOpts extends Unknowns {
  readonly images_dir_fd: number;
  readonly images_dir?: string;
  readonly pid?: number;
  readonly leave_running?: boolean;
  readonly ext_unix_sk?: boolean;
  readonly tcp_established?: boolean;
  readonly evasive_devices?: boolean;
  readonly shell_job?: boolean;
  readonly file_locks?: boolean;
  readonly log_level?: number;
  readonly log_file?: string;
  readonly ps?: CriuPageServerInfo;
  readonly notify_scripts?: boolean;
  readonly root?: string;
  readonly parent_img?: string;
  readonly track_mem?: boolean;
  readonly auto_dedup?: boolean;
  readonly work_dir_fd?: number;
  readonly link_remap?: boolean;
  readonly veths: readonly CriuVethPair[];
  readonly cpu_cap?: number;
  readonly force_irmap?: boolean;
  readonly exec_cmd: readonly string[];
  readonly ext_mnt: readonly CriuExtMountMap[];
  readonly manage_cgroups?: boolean;
  readonly cg_root: readonly CriuCgroupRoot[];
  readonly rst_sibling?: boolean;
  readonly inherit_fd: readonly CriuInheritFd[];
  readonly auto_ext_mnt?: boolean;
  readonly ext_sharing?: boolean;
  readonly ext_masters?: boolean;
  readonly skip_mnt: readonly string[];
  readonly enable_fs: readonly string[];
  readonly unix_sk_ino: readonly CriuUnixSk[];
  readonly manage_cgroups_mode?: number;
  readonly ghost_limit?: number;
  readonly irmap_scan_paths: readonly string[];
  readonly external: readonly string[];
  readonly empty_ns?: number;
  readonly join_ns: readonly CriuJoinNamespace[];
  readonly cgroup_props?: string;
  readonly cgroup_props_file?: string;
  readonly cgroup_dump_controller: readonly string[];
  readonly freeze_cgroup?: string;
  readonly timeout?: number;
  readonly tcp_skip_in_flight?: boolean;
  readonly weak_sysctls?: boolean;
  readonly lazy_pages?: boolean;
  readonly status_fd?: number;
  readonly orphan_pts_master?: boolean;
  readonly config_file?: string;
  readonly tcp_close?: boolean;
  readonly lsm_profile?: string;
  readonly tls_cacert?: string;
  readonly tls_cacrl?: string;
  readonly tls_cert?: string;
  readonly tls_key?: string;
  readonly tls?: boolean;
  readonly tls_no_cn_verify?: boolean;
  readonly cgroup_yard?: string;
  readonly pre_dump_mode?: number;
  readonly pidfd_store_sk?: number;
  readonly lsm_mount_context?: string;
  readonly network_lock?: number;
  readonly mntns_compat_mode?: boolean;
  readonly skip_file_rwx_check?: boolean;
  readonly unprivileged?: boolean;
  readonly leave_stopped?: boolean;
  readonly display_stats?: boolean;
  readonly log_to_stderr?: boolean;
}

/** The message type of {@link CriuOpts}. */
export const criuOpts: Message<CriuOpts> = message("criu_opts", () => ({
  images_dir_fd: int32(1, required),
  images_dir: string(68),
  pid: int32(2),
  leave_running: bool(3),
  ext_unix_sk: bool(4),
  tcp_established: bool(5),
  evasive_devices: bool(6),
  shell_job: bool(7),
  file_locks: bool(8),
  log_level: int32(9),
  log_file: string(10),
  ps: embedded(11, criuPageServerInfo),
  notify_scripts: bool(12),
  root: string(13),
  parent_img: string(14),
  track_mem: bool(15),
  auto_dedup: bool(16),
  work_dir_fd: int32(17),
  link_remap: bool(18),
  veths: embedded(19, criuVethPair, repeated),
  cpu_cap: uint32(20),
  force_irmap: bool(21),
  exec_cmd: string(22, repeated),
  ext_mnt: embedded(23, criuExtMountMap, repeated),
  manage_cgroups: bool(24),
  cg_root: embedded(25, criuCgroupRoot, repeated),
  rst_sibling: bool(26),
  inherit_fd: embedded(27, criuInheritFd, repeated),
  auto_ext_mnt: bool(28),
  ext_sharing: bool(29),
  ext_masters: bool(30),
  skip_mnt: string(31, repeated),
  enable_fs: string(32, repeated),
  unix_sk_ino: embedded(33, criuUnixSk, repeated),
  manage_cgroups_mode: enumeration(34),
  ghost_limit: uint32(35),
  irmap_scan_paths: string(36, repeated),
  external: string(37, repeated),
  empty_ns: uint32(38),
  join_ns: embedded(39, criuJoinNamespace, repeated),
  cgroup_props: string(41),
  cgroup_props_file: string(42),
  cgroup_dump_controller: string(43, repeated),
  freeze_cgroup: string(44),
  timeout: uint32(45),
  tcp_skip_in_flight: bool(46),
  weak_sysctls: bool(47),
  lazy_pages: bool(48),
  status_fd: int32(49),
  orphan_pts_master: bool(50),
  config_file: string(51),
  tcp_close: bool(52),
  lsm_profile: string(53),
  tls_cacert: string(54),
  tls_cacrl: string(55),
  tls_cert: string(56),
  tls_key: string(57),
  tls: bool(58),
  tls_no_cn_verify: bool(59),
  cgroup_yard: string(60),
  pre_dump_mode: enumeration(61),
  pidfd_store_sk: int32(62),
  lsm_mount_context: string(63),
  network_lock: enumeration(64),
  mntns_compat_mode: bool(65),
  skip_file_rwx_check: bool(66),
  unprivileged: bool(67),
  leave_stopped: bool(69),
  display_stats: bool(70),
  log_to_stderr: bool(71),
}));

/** The answer to DUMP. */
export interface CriuDumpResp extends Unknowns {
  readonly restored?: boolean;
}

/** The message type of {@link CriuDumpResp}. */
export const criuDumpResp: Message<CriuDumpResp> = message("criu_dump_resp", () => ({
  restored: bool(1),
}));

/** The answer to RESTORE. */
export interface CriuRestoreResp extends Unknowns {
  readonly pid: number;
}

/** The message type of {@link CriuRestoreResp}. */
export const criuRestoreResp: Message<CriuRestoreResp> = message("criu_restore_resp", () => ({
  pid: int32(1, required),
}));

/** A point of a checkpoint or restore that the caller is told of. */
export interface CriuNotify extends Unknowns {
  readonly script?: string;
  readonly pid?: number;
}

/** The message type of {@link CriuNotify}. */
export const criuNotify: Message<CriuNotify> = message("criu_notify", () => ({
  script: string(1),
  pid: int32(2),
}));

/** Features of the kernel, asked for and answered. */
export interface CriuFeatures extends Unknowns {
  readonly mem_track?: boolean;
  readonly lazy_pages?: boolean;
  readonly pidfd_store?: boolean;
}

/** The message type of {@link CriuFeatures}. */
export const criuFeatures: Message<CriuFeatures> = message("criu_features", () => ({
  mem_track: bool(1),
  lazy_pages: bool(2),
  pidfd_store: bool(3),
}));

/** A request. */
export interface CriuReq extends Unknowns {
  readonly type: number;
  readonly opts?: CriuOpts;
  readonly notify_success?: boolean;
  readonly keep_open?: boolean;
  readonly features?: CriuFeatures;
  readonly pid?: number;
}

/** The message type of {@link CriuReq}. */
export const criuReq: Message<CriuReq> = message("criu_req", () => ({
  type: enumeration(1, required),
  opts: embedded(2, criuOpts),
  notify_success: bool(3),
  keep_open: bool(4),
  features: embedded(5, criuFeatures),
  pid: uint32(6),
}));

/** The version of the server. */
export interface CriuVersion extends Unknowns {
  readonly major_number: number;
  readonly minor_number: number;
  readonly gitid?: string;
  readonly sublevel?: number;
  readonly extra?: number;
  readonly name?: string;
}

/** The message type of {@link CriuVersion}. */
export const criuVersion: Message<CriuVersion> = message("criu_version", () => ({
  major_number: int32(1, required),
  minor_number: int32(2, required),
  gitid: string(3),
  sublevel: int32(4),
  extra: int32(5),
  name: string(6),
}));

/** An answer, or a notification. */
export interface CriuResp extends Unknowns {
  readonly type: number;
  readonly success: boolean;
  readonly dump?: CriuDumpResp;
  readonly restore?: CriuRestoreResp;
  readonly notify?: CriuNotify;
  readonly ps?: CriuPageServerInfo;
  readonly cr_errno?: number;
  readonly features?: CriuFeatures;
  readonly cr_errmsg?: string;
  readonly version?: CriuVersion;
  readonly status?: number;
}

/** The message type of {@link CriuResp}. */
export const criuResp: Message<CriuResp> = message("criu_resp", () => ({
  type: enumeration(1, required),
  success: bool(2, required),
  dump: embedded(3, criuDumpResp),
  restore: embedded(4, criuRestoreResp),
  notify: embedded(5, criuNotify),
  ps: embedded(6, criuPageServerInfo),
  cr_errno: int32(7),
  features: embedded(8, criuFeatures),
  cr_errmsg: string(9),
  version: embedded(10, criuVersion),
  status: int32(11),
}));
