import type { DumpOptions } from "@restage/core";
import { CGROUP_MODES, EMPTY_NAMESPACES, LOSSES, NETWORK_LOCKS } from "@restage/core/internal";
import { declareOption, ignoredOption, type Option, type Reader, refusedOption } from "./option.ts";
import { cpuCapabilities, descriptor, number, on, oneOf, size, text, verbosity } from "./readers.ts";
import { KEY_FILE, NO_CONFIG_OPTIONS } from "./restore-options.ts";
import type { Settings } from "./settings.ts";
import { REPLACE } from "./store-options.ts";

/**
 * Options that `criu dump` accepts and that change nothing here: their behavior is always on, or they matter only for other commands. Source: CRIU 4.2,
 * criu/config.c.
 */
const WITHOUT_EFFECT = [
  // Always on. Every thread is stopped by itself, and newly born ones with it.
  "--freeze-cgroup PATH",
  "--force-irmap",
  "--evasive-devices",
  "--ghost-fiemap",
  "-r, --root PATH",
  "--deprecated",
  // Any checkpoint can be the parent of the next one: pages are compared.
  "--track-mem",
  "--pre-dump-mode MODE",
  // For restores.
  "-d, --restore-detached",
  "-S, --restore-sibling",
  "--daemon",
  "--pidfile FILE",
  "-J, --join-ns NAMESPACE",
  "--log-pid",
  "--veth-pair MAPPING",
  "--inherit-fd MAPPING",
  "--cgroup-root PATH",
  "--weak-sysctls",
  "--skip-file-rwx-check",
  "--mntns-compat-mode",
  "--lsm-profile PROFILE",
  "--lsm-mount-context CONTEXT",
  // For `criu check`.
  "--feature NAME",
  "--extra",
  "--experimental",
  "--all",
];

/** Options of `criu dump` that Restage does not support yet. */
const MISSING = [
  "--action-script FILE",
  "--allow-uprobes",
  "--auto-dedup",
  "--cgroup-dump-controller NAME",
  "--cgroup-props TEXT",
  "--cgroup-props-file FILE",
  "--cgroup-yard DIR",
  "--enable-external-masters",
  "--enable-external-sharing",
  "--enable-fs NAMES",
  "--exec-cmd",
  "--file-validation METHOD",
  "--irmap-scan-path PATH",
  "-L, --libdir DIR",
  "--ms",
  "--skip-mnt PATH",
  "--stream",
  "--tcp-close",
  "--tls",
  "--tls-cacert FILE",
  "--tls-cacrl FILE",
  "--tls-cert FILE",
  "--tls-key FILE",
  "--tls-no-cn-verify",
  "--unprivileged",
];

const TO = declareOption("--to NAME", "push the images to a store: NAME or nats://HOST/NAME", (to, given) => {
  to.store.to = text(given);
});

const ARCHIVE = declareOption(
  "--archive FILE",
  "pack the images into FILE.tar, FILE.tar.gz or FILE.tar.zst",
  (to, given) => {
    to.archive = text(given);
  },
);

/** Options of `restage checkpoint`: those of `criu dump`, under CRIU's names. */
export const CHECKPOINT_COMMAND_OPTIONS: readonly Option[] = [
  checkpoint("-t, --tree PID", "root of the tree", "pid", number),
  checkpoint("-D, --images-dir DIR", "directory for the images", "images", text),
  ARCHIVE,
  TO,
  REPLACE,
  KEY_FILE,
  checkpoint(
    "--prev-images-dir DIR",
    "an earlier checkpoint, relative to -D: pages that are the same there are not saved again",
    "prevImagesDir",
    text,
  ),
  declareOption("--page-server", "send memory to the page server at --address and --port", (to, given) => {
    to.service.pageServer = on(given);
  }),
  declareOption(
    "--lazy-pages",
    "leave memory in the stopped tree, and give it to `restage lazy-pages` at --address and --port",
    (to, given) => {
      to.service.lazyPages = on(given);
    },
  ),
  declareOption("--address IP", "address of the page server, or to listen at for `restage lazy-pages`", (to, given) => {
    to.service.address = text(given);
  }),
  declareOption("--port PORT", "its port; with --lazy-pages by default a free one, which is printed", (to, given) => {
    to.service.port = number(given);
  }),
  declareOption("--ps-socket FD", "use a connected socket instead of --address and --port", (to, given) => {
    to.service.connected = descriptor(given);
  }),
  declareOption("--status-fd FD", "with --lazy-pages: write a zero byte once memory can be taken", (to, given) => {
    to.service.statusFd = descriptor(given);
  }),
  checkpoint("-R, --leave-running", "resume the tree afterwards", "leaveRunning", on),
  checkpoint("-s, --leave-stopped", "leave the tree stopped afterwards", "leaveStopped", on),
  checkpoint("-j, --shell-job", "allow a tree in the session of a shell", "shellJob", on),
  checkpoint("--orphan-pts-master", "allow terminals whose masters are outside the tree", "orphanPtsMaster", on),
  checkpoint(
    "--timeout SECONDS",
    "time limit for stopping a task; default 10",
    "timeout",
    (given) => 1000 * number(given),
  ),
  checkpoint(
    "--self-check",
    "read the images back and plan their restore before the tree ends; --no-self-check leaves it out",
    "selfCheck",
    on,
  ),
  checkpoint(
    "--digests",
    "write digests of all images, for restore --verify; --no-digests leaves them out",
    "digests",
    on,
  ),
  checkpoint("--tcp-established", "save TCP connections", "tcpEstablished", on),
  checkpoint("-x, --ext-unix-sk", "save Unix sockets whose peers are outside the tree", "extUnixSockets", on),
  checkpoint("-l, --file-locks", "save file locks", "fileLocks", on),
  checkpoint("--link-remap", "create links for open files that lost their name but have another", "linkRemap", on),
  checkpoint("--ghost-limit SIZE", "largest deleted file whose content is saved; default 1M", "ghostLimit", size),
  declareOption(
    "--external RESOURCE",
    "name an external resource: mnt[MOUNTPOINT]:NAME, file[MOUNT:INODE]",
    (to, given) => {
      to.checkpoint.external = [...(to.checkpoint.external ?? []), text(given)];
    },
  ),
  declareOption(
    "-M, --ext-mount-map MAPPING",
    "MOUNTPOINT:NAME, the same as --external mnt[MOUNTPOINT]:NAME",
    (to, given) => {
      const [, mountPoint, name] = /^(.*):([^:]+)$/.exec(text(given)) ?? [];
      if (mountPoint === undefined) throw new RangeError("MOUNTPOINT:NAME");
      to.checkpoint.external = [...(to.checkpoint.external ?? []), `mnt[${mountPoint}]:${name}`];
    },
  ),
  declareOption("--allow-loss KIND", `save a tree even if KIND is lost: ${LOSSES.join(", ")}`, (to, given) => {
    to.checkpoint.allowLoss = [...(to.checkpoint.allowLoss ?? []), oneOf(LOSSES)(given)];
  }),
  declareOption("--skip-in-flight", "the same as --allow-loss connections", (to, given) => {
    if (on(given)) to.checkpoint.allowLoss = [...(to.checkpoint.allowLoss ?? []), "connections"];
  }),
  declareOption("--empty-ns NAMESPACE", "net: do not save the content of the network namespace", (to, given) => {
    to.checkpoint.emptyNamespaces = [oneOf(EMPTY_NAMESPACES)(given)];
  }),
  own(
    "--confirm-fd FD",
    "ask at a socket before the tree is saved, and before it ends; resume it unless the answer is yes",
    "confirm",
    descriptor,
  ),
  declareOption("--config FILE", "configuration file; by default the nearest restore.config.ts", (to, given) => {
    to.config = text(given);
  }),
  ...NO_CONFIG_OPTIONS,
  own("--trace FILE", "write a timeline for Perfetto or chrome://tracing", "trace", text),
  own("-W, --work-dir DIR", "directory of log and trace; by default that of the images", "workDirectory", text),
  own("-o, --log-file FILE", "write a log", "logFile", text),
  declareOption("-v, --verbosity [N]", "how much to log: 1 errors, 2 warnings, 3 a summary", (to, given) => {
    to.verbosity = verbosity(given, to.verbosity);
  }),
  own("--json", "print JSON", "json", on),
  own("--display-stats", "print times and the number of pages", "displayStats", on),
  declareOption("--close FD", "close a descriptor first", (to, given) => {
    to.close.push(descriptor(given));
  }),
  own("-h, --help", "print this help", "help", on),
  checkpoint(
    "--manage-cgroups [MODE]",
    "ignore: do not save cgroups; any other mode saves them",
    "manageCgroups",
    (given) => (given === true ? "soft" : oneOf(CGROUP_MODES)(given)),
  ),
  checkpoint(
    "--network-lock METHOD",
    "how to block packets of saved connections: nftables, also for iptables, or skip",
    "networkLock",
    oneOf(NETWORK_LOCKS),
  ),
  declareOption("--cpu-cap [CAP]", "save the features of this processor, whatever CAP", (to, given) => {
    cpuCapabilities(given);
    to.checkpoint.cpuinfo = true;
  }),
  ...WITHOUT_EFFECT.map(ignoredOption),
  ...MISSING.map((declaration) => refusedOption(declaration)),
];

function checkpoint<K extends keyof DumpOptions>(
  declaration: string,
  says: string,
  key: K,
  read: Reader<DumpOptions[K]>,
): Option {
  return declareOption(declaration, says, (to, given) => {
    to.checkpoint[key] = read(given);
  });
}

function own<K extends "confirm" | "workDirectory" | "logFile" | "trace" | "json" | "displayStats" | "help">(
  declaration: string,
  says: string,
  key: K,
  read: Reader<Required<Settings>[K]>,
): Option {
  return declareOption(declaration, says, (to, given) => {
    to[key] = read(given);
  });
}
