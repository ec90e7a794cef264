import { RestoreError } from "@restage/core";
import { unknownFields } from "@restage/images";
import type { CriuOpts, CriuPageServerInfo } from "./messages.ts";

/** Fields that are switches, and their options on CRIU's command line. */
const SWITCHES = {
  leave_running: "leave-running",
  ext_unix_sk: "ext-unix-sk",
  tcp_established: "tcp-established",
  evasive_devices: "evasive-devices",
  shell_job: "shell-job",
  file_locks: "file-locks",
  track_mem: "track-mem",
  auto_dedup: "auto-dedup",
  link_remap: "link-remap",
  force_irmap: "force-irmap",
  ext_sharing: "enable-external-sharing",
  ext_masters: "enable-external-masters",
  tcp_skip_in_flight: "skip-in-flight",
  weak_sysctls: "weak-sysctls",
  lazy_pages: "lazy-pages",
  tcp_close: "tcp-close",
  tls: "tls",
  tls_no_cn_verify: "tls-no-cn-verify",
  mntns_compat_mode: "mntns-compat-mode",
  skip_file_rwx_check: "skip-file-rwx-check",
  unprivileged: "unprivileged",
  leave_stopped: "leave-stopped",
  orphan_pts_master: "orphan-pts-master",
  display_stats: "display-stats",
  rst_sibling: "restore-sibling",
} as const satisfies Partial<Record<keyof CriuOpts, string>>;

/** Fields that are one value, and their options. */
const VALUES = {
  log_level: "verbosity",
  log_file: "log-file",
  root: "root",
  parent_img: "prev-images-dir",
  freeze_cgroup: "freeze-cgroup",
  timeout: "timeout",
  ghost_limit: "ghost-limit",
  cgroup_props: "cgroup-props",
  cgroup_props_file: "cgroup-props-file",
  cgroup_yard: "cgroup-yard",
  lsm_profile: "lsm-profile",
  lsm_mount_context: "lsm-mount-context",
  status_fd: "status-fd",
  tls_cacert: "tls-cacert",
  tls_cacrl: "tls-cacrl",
  tls_cert: "tls-cert",
  tls_key: "tls-key",
} as const satisfies Partial<Record<keyof CriuOpts, string>>;

/** Fields that are lists of values, and their options. */
const LISTS = {
  external: "external",
  skip_mnt: "skip-mnt",
  enable_fs: "enable-fs",
  irmap_scan_paths: "irmap-scan-path",
  cgroup_dump_controller: "cgroup-dump-controller",
} as const satisfies Partial<Record<keyof CriuOpts, string>>;

/** Names of `manage_cgroups_mode`, by number. Source: CRIU images/rpc.proto, enum criu_cg_mode. */
const CGROUP_MODES = ["ignore", "none", "props", "soft", "full", "strict", "soft"];
/** Names of `network_lock` and `pre_dump_mode`, by number. */
const NETWORK_LOCKS = ["", "iptables", "nftables", "skip"];
const PRE_DUMP_MODES = ["", "splice", "read"];
/** CLONE_NEWNET in `empty_ns`. Source: include/uapi/linux/sched.h. */
const NETWORK = 0x4000_0000;
/** Names of the bits of `cpu_cap`. Source: CRIU criu/include/cr_options.h. */
const CAPABILITIES = { fpu: 1, cpu: 2, ins: 4 } as const;

/** Fields that Restage does not serve yet, of which a value counts as a wish. */
const MISSING: readonly (keyof CriuOpts)[] = ["pidfd_store_sk", "exec_cmd"];

/**
 * The options of a request as the words of CRIU's command line. Every field becomes a word, is served by the server itself, or is refused by its name.
 *
 * Throws ERR_OPTION.
 */
export function wordsOf(opts: CriuOpts): readonly string[] {
  refuseUnknown(opts);
  const words: string[] = [];
  const add = (name: string, value?: string | number) =>
    words.push(value === undefined ? `--${name}` : `--${name}=${value}`);
  for (const [field, name] of entriesOf(SWITCHES)) if (opts[field] === true) add(name);
  for (const [field, name] of entriesOf(VALUES)) {
    const value = opts[field];
    if (value !== undefined && value !== "") add(name, value);
  }
  for (const [field, name] of entriesOf(LISTS)) for (const value of opts[field]) add(name, value);
  for (const { key, val } of opts.ext_mnt) add("external", `mnt[${key}]:${val}`);
  if (opts.auto_ext_mnt === true) add("external", "mnt[]");
  for (const { if_in, if_out } of opts.veths) add("external", `veth[${if_in}]:${if_out}`);
  for (const { inode } of opts.unix_sk_ino) add("ext-unix-sk", inode);
  for (const { ctrl, path } of opts.cg_root) add("cgroup-root", ctrl === undefined ? path : `${ctrl}:${path}`);
  for (const { key, fd } of opts.inherit_fd) add("inherit-fd", `fd[${fd}]:${key}`);
  for (const { ns, ns_file, extra_opt } of opts.join_ns)
    add("join-ns", extra_opt === undefined ? `${ns}:${ns_file}` : `${ns}:${ns_file}:${extra_opt}`);
  if (opts.ps !== undefined) addPageServer(opts.ps, opts.lazy_pages === true, add);
  if (((opts.empty_ns ?? 0) & NETWORK) !== 0) add("empty-ns", "net");
  const { manage_cgroups_mode: mode, manage_cgroups: managed, network_lock, pre_dump_mode, cpu_cap } = opts;
  if (mode !== undefined) add("manage-cgroups", CGROUP_MODES[mode] ?? mode);
  else if (managed !== undefined) add("manage-cgroups", managed ? "soft" : "ignore");
  if (network_lock !== undefined) add("network-lock", NETWORK_LOCKS[network_lock] ?? network_lock);
  if (pre_dump_mode !== undefined) add("pre-dump-mode", PRE_DUMP_MODES[pre_dump_mode] ?? pre_dump_mode);
  if (cpu_cap !== undefined) add("cpu-cap", capabilityWords(cpu_cap));
  return words;
}

/** With lazy pages, it is this process that serves. */
function addPageServer(
  { address, port, fd }: CriuPageServerInfo,
  serves: boolean,
  add: (name: string, value?: string | number) => void,
): void {
  if (!serves) add("page-server");
  if (address !== undefined) add("address", address);
  if (port !== undefined && port !== 0) add("port", port);
  if (fd !== undefined) add("ps-socket", fd);
}

function refuseUnknown(opts: CriuOpts): void {
  const unknown = opts[unknownFields]?.map(({ number }) => number) ?? [];
  if (unknown.length > 0)
    throw new RestoreError(
      "ERR_OPTION",
      `The request has options that CRIU 4.2 does not know: fields ${unknown.join(", ")}`,
    );
  for (const field of MISSING) {
    const value = opts[field];
    const isWish = Array.isArray(value) ? value.length > 0 : value !== undefined;
    if (isWish)
      throw new RestoreError("ERR_OPTION", `${String(field)} is an option of CRIU that Restage does not support yet`);
  }
}

/** Exactly these bits: without `none`, a word is added to what is compared by default. */
function capabilityWords(bits: number): string {
  const names = Object.entries(CAPABILITIES).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : name));
  return ["none", ...names].join(",");
}

function entriesOf<T extends object>(table: T): readonly [keyof T, T[keyof T]][] {
  return Object.entries(table) as [keyof T, T[keyof T]][];
}
