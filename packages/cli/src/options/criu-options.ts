import { ignoredOption, type Option, refusedOption } from "./option.ts";

/** Options of `criu restore` that matter only for other commands, or whose behavior is always on here. Source: CRIU 4.2, criu/config.c. */
const WITHOUT_EFFECT = [
  "--address ADDRESS",
  "--all",
  // The kernel maps the code of uprobes again when a task reaches one.
  "--allow-uprobes",
  "--cgroup-dump-controller NAME",
  "--cgroup-props TEXT",
  "--cgroup-props-file FILE",
  "--deprecated",
  "--enable-external-masters",
  "--enable-external-sharing",
  "--enable-fs NAMES",
  "--evasive-devices",
  "--experimental",
  "--extra",
  "--feature NAME",
  "--force-irmap",
  "--freeze-cgroup PATH",
  "--ghost-fiemap",
  "--ghost-limit SIZE",
  "--irmap-scan-path PATH",
  "-R, --leave-running",
  "--link-remap",
  "--mntns-compat-mode",
  "--network-lock METHOD",
  "--orphan-pts-master",
  "--page-server",
  "--port PORT",
  "--pre-dump-mode MODE",
  "--prev-images-dir DIR",
  "--ps-socket FD",
  "--skip-in-flight",
  "--skip-mnt PATH",
  "--status-fd FD",
  "--track-mem",
  "-t, --tree PID",
];

/** Options of `criu restore` that Restage does not support yet, some with a hint. */
const MISSING: readonly (readonly [declaration: string, hint?: string])[] = [
  ["--auto-dedup"],
  ["-L, --libdir DIR", "CRIU's plugins are shared objects; list plugins of Restage in `plugins` of the configuration"],
  ["--lsm-mount-context CONTEXT"],
  ["--lsm-profile PROFILE"],
  ["--ms"],
  ["--stream", "an image source plugin can take the images from anywhere (the hook imageSource)"],
  ["--tls"],
  ["--tls-cacert FILE"],
  ["--tls-cacrl FILE"],
  ["--tls-cert FILE"],
  ["--tls-key FILE"],
  ["--tls-no-cn-verify"],
];

/** Options of `criu restore` that set nothing: accepted if they have no effect here, otherwise refused by name. */
export const CRIU_OPTIONS: readonly Option[] = [
  ...WITHOUT_EFFECT.map(ignoredOption),
  ...MISSING.map(([declaration, hint]) => refusedOption(declaration, hint)),
];
