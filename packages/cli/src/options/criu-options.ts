import { RestoreError } from "@restage/core";
import { declareOption, type Option } from "./option.ts";

/** What `criu restore` takes, but matters only when a checkpoint is made, or is so here in any case. Source: CRIU 4.2, criu/config.c. */
const WITHOUT_EFFECT = [
  "--cgroup-dump-controller NAME",
  "--evasive-devices",
  "--force-irmap",
  "--freeze-cgroup PATH",
  "--ghost-fiemap",
  "--ghost-limit SIZE",
  "--irmap-scan-path PATH",
  "-R, --leave-running",
  "--link-remap",
  "--network-lock METHOD",
  "--no-default-config",
  "--page-server",
  "--pre-dump-mode MODE",
  "--prev-images-dir DIR",
  "--skip-in-flight",
  "--track-mem",
  "-t, --tree PID",
];

/** What `criu restore` does, and Restage does not do yet. */
const MISSING = [
  "--address ADDRESS",
  "--allow-uprobes",
  "--auto-dedup",
  "--cgroup-props TEXT",
  "--cgroup-props-file FILE",
  "--cgroup-yard PATH",
  "--close FD",
  "--cpu-cap [CAPABILITIES]",
  "--daemon",
  "--deprecated",
  "--display-stats",
  "--enable-external-masters",
  "--enable-external-sharing",
  "--enable-fs NAMES",
  "--exec-cmd",
  "-J, --join-ns NAMESPACE",
  "--lazy-pages",
  "-L, --libdir DIR",
  "--log-pid",
  "--lsm-mount-context CONTEXT",
  "--lsm-profile PROFILE",
  "--mntns-compat-mode",
  "--port PORT",
  "--ps-socket FD",
  "-S, --restore-sibling",
  "--skip-mnt PATH",
  "--status-fd FD",
  "--stream",
  "--tls",
  "--tls-cacert FILE",
  "--tls-cacrl FILE",
  "--tls-cert FILE",
  "--tls-key FILE",
  "--tls-no-cn-verify",
  "--weak-sysctls",
];

/** Options of `criu restore` that set nothing: accepted where that is all there is to do, else refused by name. */
export const CRIU_OPTIONS: readonly Option[] = [
  ...WITHOUT_EFFECT.map((declaration) => declareOption(declaration, undefined, () => {})),
  ...MISSING.map(missingOption),
];

/** For `--help`. */
export const NAMES_WITHOUT_EFFECT = WITHOUT_EFFECT.map(longName);
export const MISSING_NAMES = MISSING.map(longName);

function missingOption(declaration: string): Option {
  return declareOption(declaration, undefined, (_settings, given) => {
    if (given !== false) refuse(longName(declaration).slice(2));
  });
}

function longName(declaration: string): string {
  return /--[^ ]+/.exec(declaration)?.[0] ?? declaration;
}

function refuse(name: string): never {
  throw new RestoreError("ERR_OPTION", `--${name} is an option of CRIU that Restage does not have yet`);
}
