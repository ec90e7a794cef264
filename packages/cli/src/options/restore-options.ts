import type { RestoreOptions } from "@restage/core";
import { CGROUP_MODES, EMPTY_NAMESPACES, FILE_VALIDATIONS, PID_POLICIES } from "@restage/core/internal";
import { VIEWS, type View } from "../inspect/views.ts";
import { isCriuConfig } from "./criu-config.ts";
import { CRIU_OPTIONS } from "./criu-options.ts";
import { declareOption, type Option, type Reader } from "./option.ts";
import {
  cpuCapabilities,
  descriptor,
  inheritedDescriptor,
  joinedNamespace,
  number,
  on,
  oneOf,
  seconds,
  text,
  verbosity,
} from "./readers.ts";
import { CLONES_ADDRESS, LAZY_PAGES_SOCKET, type Settings } from "./settings.ts";

/** The second is CRIU's name. */
export const NO_CONFIG_OPTIONS: readonly Option[] = [
  declareOption("--no-config", "do not look for a configuration file", (to) => {
    to.noConfig = true;
  }),
  declareOption("--no-default-config", "the same as --no-config", (to) => {
    to.noConfig = true;
  }),
];

/** Options of commands that show what a configuration has. */
export const PLUGINS_OPTIONS: readonly Option[] = [
  declareOption("--config FILE", "configuration file; by default the nearest restore.config.ts", (to, given) => {
    if (isCriuConfig(String(given))) to.criuConfig = String(given);
    else to.config = String(given);
  }),
  ...NO_CONFIG_OPTIONS,
  command("--json", "print JSON", "json", on),
  command("-h, --help", "print this help", "help", on),
];

/** The key of a store's encrypted checkpoint. */
export const KEY_FILE: Option = declareOption("--key-file FILE", "key of an encrypted checkpoint", (to, given) => {
  to.store.keyFile = text(given);
});

/** Options of every command that takes a checkpoint: which, and how to answer. */
export const CHECKPOINT_OPTIONS: readonly Option[] = [
  restore("-D, --images-dir DIR", "directory of the images, or nats://HOST/NAME of a store", "images", text),
  KEY_FILE,
  ...PLUGINS_OPTIONS,
];

const CPU_CAP = declareOption("--cpu-cap [CAP]", "compare processors: fpu, ins, cpu, all, none", (to, given) => {
  to.restore.cpuCap = cpuCapabilities(given);
});

/** Options of `cpuinfo`, which writes no log. */
export const CPUINFO_OPTIONS: readonly Option[] = [
  ...CHECKPOINT_OPTIONS,
  CPU_CAP,
  ...["-o, --log-file FILE", "-v, --verbosity [N]", "-W, --work-dir DIR"].map((declaration) =>
    declareOption(declaration, undefined, () => {}),
  ),
];

/** Options of `inspect`. */
export const INSPECT_OPTIONS: readonly Option[] = [
  ...CHECKPOINT_OPTIONS,
  ...(Object.keys(VIEWS) as View[]).map((view) =>
    declareOption(`--${view}`, VIEWS[view].says, (to) => {
      to.views.push(view);
    }),
  ),
  command("--html FILE", "write one page for a browser, with everything but the environments", "page", text),
  command("--trace FILE", "show the timeline that restore or checkpoint wrote with --trace in the page", "trace", text),
];

/** Options of commands that take no checkpoint. */
export const SERVER_OPTIONS: readonly Option[] = [command("-h, --help", "print this help", "help", on)];

/** Options of a service. */
export const SERVICE_OPTIONS: readonly Option[] = [
  addressOption("criu_service.socket"),
  declareOption("-d, --daemon", "run in the background once the socket listens", (to, given) => {
    to.service.daemon = on(given);
  }),
  restore("--pidfile FILE", "write the pid of the service", "pidfile", text),
  command("-W, --work-dir DIR", "directory of socket and pidfile", "workDirectory", text),
  statusFdOption(),
  declareOption("--listening FD", "use a socket that already listens", (to, given) => {
    to.service.listening = descriptor(given);
  }),
  command("-h, --help", "print this help", "help", on),
  // Each request has a log of its own.
  ...["-o, --log-file FILE", "-v, --verbosity [N]"].map((declaration) =>
    declareOption(declaration, undefined, () => {}),
  ),
];

/** Options of a page server. */
export const PAGE_SERVER_OPTIONS: readonly Option[] = [
  restore("-D, --images-dir DIR", "directory for the images", "images", text),
  declareOption(
    "--lazy-pages",
    "give the pages in the images to a lazy-pages daemon, instead of receiving",
    (to, given) => {
      to.service.lazyPages = on(given);
    },
  ),
  declareOption("--address IP", "address to listen at; by default every IPv4 address of this machine", (to, given) => {
    to.service.address = text(given);
  }),
  declareOption("--port PORT", "port to listen at; by default a free one, which is printed", (to, given) => {
    to.service.port = number(given);
  }),
  declareOption("--ps-socket FD", "use a socket to which the dump is connected", (to, given) => {
    to.service.connected = descriptor(given);
  }),
  ...SERVICE_OPTIONS.filter(({ name }) => name !== "address"),
];

/** Options of the daemon that brings lazy pages. */
export const LAZY_PAGES_OPTIONS: readonly Option[] = [
  restore("-D, --images-dir DIR", "directory of the images", "images", text),
  declareOption("--page-server", "take the pages from a page server", (to, given) => {
    to.service.pageServer = on(given);
  }),
  declareOption("--address IP", "address of the page server; default 127.0.0.1", (to, given) => {
    to.service.address = text(given);
  }),
  declareOption("--port PORT", "port of the page server", (to, given) => {
    to.service.port = number(given);
  }),
  declareOption("--ps-socket FD", "use a socket that is connected to the page server", (to, given) => {
    to.service.connected = descriptor(given);
  }),
  restore("--timeout SECONDS", "time limit for an answer of the page server; default 10", "timeout", seconds),
  declareOption("-d, --daemon", "run in the background once the socket listens", (to, given) => {
    to.service.daemon = on(given);
  }),
  restore("--pidfile FILE", "write the pid of the daemon", "pidfile", text),
  command("-W, --work-dir DIR", "directory of the socket; by default that of the images", "workDirectory", text),
  statusFdOption(),
  declareOption("--listening FD", "use a socket that already listens", (to, given) => {
    to.service.listening = descriptor(given);
  }),
  command("-o, --log-file FILE", "write a log", "logFile", text),
  declareOption("-v, --verbosity [N]", undefined, () => {}),
  command("-h, --help", "print this help", "help", on),
];

/** Options of a restore: CRIU's, under CRIU's names, and a few more. */
export const RESTORE_OPTIONS: readonly Option[] = [
  ...CHECKPOINT_OPTIONS,
  command(
    "-W, --work-dir DIR",
    "directory of log, trace and pidfile; by default that of the images",
    "workDirectory",
    text,
  ),
  restore("-d, --restore-detached", "do not wait until the tree ends", "detached", on),
  restore("--daemon", "the same as -d", "detached", on),
  restore("-S, --restore-sibling", "with -d: make the tree a child of the caller, not of init", "sibling", on),
  command("--exec-cmd", "replace restage by the program after --, as the tree's parent", "execute", on),
  declareOption("--close FD", "close descriptor FD first", (to, given) => {
    to.close.push(descriptor(given));
  }),
  restore("--new-pid-namespace", "restore into a new pid namespace, where no pid is in use", "newPidNamespace", on),
  restore("--pid-policy POLICY", "when pids are in use: fail, wait or new-namespace", "pidPolicy", oneOf(PID_POLICIES)),
  restore("--unprivileged", "restore without root, in a user namespace", "unprivileged", on),
  restore("-j, --shell-job", "join the caller's session and use its terminal", "shellJob", on),
  restore("-s, --leave-stopped", "leave all tasks stopped", "leaveStopped", on),
  restore("--pidfile FILE", "write the pid of the root task, before the tree runs", "pidfile", text),
  command(
    "--confirm-fd FD",
    "write each stage that the tree has passed to a socket, and roll back unless the answer is yes",
    "confirm",
    descriptor,
  ),
  restore("--timeout SECONDS", "time limit for one system call of a task; default 60", "timeout", seconds),
  restore("--verify", "compare all images with the digests in XXH64SUMS first", "verify", on),
  declareOption(
    "--lazy-pages",
    "restore pages when they are touched; `restage lazy-pages` serves them",
    (to, given) => {
      if (given === false) delete to.restore.lazyPages;
      else to.restore.lazyPages = LAZY_PAGES_SOCKET;
    },
  ),
  restore(
    "--file-validation METHOD",
    "how files are compared: buildid or filesize",
    "fileValidation",
    oneOf(FILE_VALIDATIONS),
  ),
  restore("--skip-file-rwx-check", "accept files whose permissions changed", "skipFileRwxCheck", on),
  CPU_CAP,
  restore("-l, --file-locks", "restore file locks", "fileLocks", on),
  restore("-x, --ext-unix-sk [INODES]", "reconnect to Unix sockets outside the tree", "extUnixSockets", on),
  declareOption("--empty-ns NAMESPACE", "net: leave the network namespace empty", (to, given) => {
    to.restore.emptyNamespaces = [oneOf(EMPTY_NAMESPACES)(given)];
  }),
  declareOption("-J, --join-ns NAMESPACE", "join net:PID or net:PATH; also ipc, uts, time", (to, given) => {
    to.restore.joinNamespaces = { ...to.restore.joinNamespaces, ...joinedNamespace(given) };
  }),
  restore("--weak-sysctls", "leave out sysctls that this kernel does not have", "weakSysctls", on),
  restore("-r, --root DIR", "root directory of the tree's own mount namespace", "root", text),
  declareOption("--external RESOURCE", "map an external resource: mnt[NAME]:PATH, veth[IN]:OUT", (to, given) => {
    addExternal(to, String(given));
  }),
  declareOption("-M, --ext-mount-map NAME:PATH", "the same as --external mnt[NAME]:PATH", (to, given) => {
    addExternal(to, given === "auto" ? "mnt[]" : `mnt[${String(given).replace(":", "]:")}`);
  }),
  declareOption("--veth-pair IN=OUT", "the same as --external veth[IN]:OUT", (to, given) => {
    addExternal(to, `veth[${String(given).replace("=", "]:")}`);
  }),
  declareOption("--inherit-fd MAPPING", "fd[N]:NAME: use descriptor N in place of NAME", (to, given) => {
    const { number, name } = inheritedDescriptor(given);
    to.restore.inheritFd = { ...to.restore.inheritFd, [name]: number };
  }),
  declareOption("--manage-cgroups [MODE]", "soft, none, props, full, strict or ignore", (to, given) => {
    to.restore.manageCgroups = given === true ? "soft" : oneOf(CGROUP_MODES)(given);
  }),
  declareOption(
    "--cgroup-root PATH",
    "another path for the cgroups of the root task; CONTROLLER:PATH in one hierarchy, :PATH in that of v2",
    (to, given) => {
      const [, controller, path] = /^(?:([^/:]*):)?(.*)$/s.exec(String(given)) ?? [];
      if (controller === undefined) to.restore.cgroupRoot = text(path ?? "");
      else to.restore.cgroupRoots = { ...to.restore.cgroupRoots, [controller]: text(path ?? "") };
    },
  ),
  restore("--cgroup-yard DIR", "directory with the mounted cgroup hierarchies", "cgroupYard", text),
  declareOption("--action-script FILE", "run FILE at CRIU's points of a restore", (to, given) => {
    to.restore.actionScripts = [...(to.restore.actionScripts ?? []), String(given)];
  }),
  restore("--tcp-established", "restore TCP connections", "tcpEstablished", on),
  restore("--tcp-close", "restore TCP connections as closed sockets", "tcpClose", on),
  command("-o, --log-file FILE", "write a log", "logFile", text),
  declareOption("-v, --verbosity [N]", "how much to log: 1 errors, 2 warnings, 3 stages, 4 every call", (to, given) => {
    to.verbosity = verbosity(given, to.verbosity);
  }),
  command("--log-pid", "write the log of each task to FILE.PID", "logPerTask", on),
  command("--display-stats", "print times and the number of pages", "displayStats", on),
  command("--trace FILE", "write a timeline for Perfetto or chrome://tracing", "trace", text),
  ...CRIU_OPTIONS,
];

/** Options of commands that show what a restore would do. */
export const PREVIEW_OPTIONS: readonly Option[] = [
  ...RESTORE_OPTIONS,
  command(
    "--watch",
    "run again whenever the configuration, a module that it imports, or the checkpoint changes",
    "watch",
    on,
  ),
  declareOption(
    "--report-files FILE",
    "write the files that --watch compares, with their states, as JSON",
    (to, given) => {
      to.reportFiles = text(given);
    },
  ),
];

/** Options of a restore that a service of clones does not have: a clone has no terminal, no waiting caller, and no report of its own. */
const NOT_FOR_CLONES: readonly string[] = [
  "restore-detached",
  "daemon",
  "restore-sibling",
  "exec-cmd",
  "confirm-fd",
  "close",
  "shell-job",
  "lazy-pages",
  "pidfile",
  "work-dir",
  "log-file",
  "verbosity",
  "log-pid",
  "display-stats",
  "trace",
  "json",
];

/** Options of a service of clones: those of a restore, which all clones have in common. */
export const SERVE_OPTIONS: readonly Option[] = [
  addressOption(CLONES_ADDRESS),
  restore("--pidfile FILE", "write the pid of the service", "pidfile", text),
  command("-W, --work-dir DIR", "directory of socket and pidfile", "workDirectory", text),
  statusFdOption(),
  ...RESTORE_OPTIONS.filter(({ name }) => !NOT_FOR_CLONES.includes(name)),
];

/** Options of a caller that asks for a clone. */
export const CLONE_OPTIONS: readonly Option[] = [
  addressOption(CLONES_ADDRESS),
  declareOption("--value NAME=TEXT", "what plugins read as clone.values.NAME", (to, given) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(String(given)) ?? [];
    if (name === undefined || value === undefined) throw new RangeError("a name and a text, for example tenant=7");
    to.values[name] = value;
  }),
  restore("--pidfile FILE", "write the pid of the root task, before the tree runs", "pidfile", text),
  command("--json", "print JSON", "json", on),
  command("-h, --help", "print this help", "help", on),
];

function addressOption(byDefault: string): Option {
  return declareOption("--address PATH", `path of the socket; default ${byDefault}`, (to, given) => {
    to.service.address = text(given);
  });
}

function statusFdOption(): Option {
  return declareOption("--status-fd FD", "write a zero byte once the socket listens", (to, given) => {
    to.service.statusFd = descriptor(given);
  });
}

function addExternal(to: Settings, resource: string): void {
  to.restore.external = [...(to.restore.external ?? []), resource];
}

/** An option that the library has too, by its key there. */
function restore<K extends keyof RestoreOptions>(
  declaration: string,
  says: string,
  key: K,
  read: Reader<NonNullable<RestoreOptions[K]>>,
): Option {
  return declareOption(declaration, says, (to, given) => {
    to.restore[key] = read(given);
  });
}

/** An option of the command alone. */
function command<
  K extends Exclude<keyof Settings, "restore" | "checkpoint" | "service" | "store" | "fleet" | "close" | "values">,
>(declaration: string, says: string, key: K, read: Reader<Required<Settings>[K]>): Option {
  return declareOption(declaration, says, (to, given) => {
    to[key] = read(given);
  });
}
