import type { DumpOptions, RestoreOptions } from "@restage/core";
import type { View } from "../inspect/views.ts";

/** A runtime of the command. */
export const RUNTIMES = ["node", "deno", "bun"] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** The settings of the command line. */
export interface Settings {
  /** The options of a restore, under the names of the library. */
  readonly restore: { -readonly [K in keyof RestoreOptions]?: RestoreOptions[K] };
  /** The options of a checkpoint, under the names of the library. */
  readonly checkpoint: { -readonly [K in keyof DumpOptions]?: DumpOptions[K] };
  /** What only `service` uses. */
  readonly service: ServiceSettings;
  /** What plugins learn about a clone. */
  readonly values: Record<string, string>;
  /** Options that only stores of checkpoints use. */
  readonly store: StoreSettings;
  /** Options that only fleets use. */
  readonly fleet: FleetSettings;
  config?: string;
  /** Do not look for a configuration file. */
  noConfig: boolean;
  /** A configuration file in CRIU's own syntax: options, which the command line overrides. */
  criuConfig?: string;
  /** The directory of the log, the trace and the pidfile. */
  workDirectory?: string;
  /** A file into which the images of a checkpoint are packed. */
  archive?: string;
  logFile?: string;
  /** CRIU's levels: 1 errors, 2 warnings, 3 stages, 4 every call. */
  verbosity: number;
  /** A log for each task, beside the log. */
  logPerTask: boolean;
  /** Print the time that it took, and the number of pages. */
  displayStats: boolean;
  /** Descriptors to close first. */
  readonly close: number[];
  /** A socket that is asked before a restored tree runs. */
  confirm?: number;
  /** The words after `--` are a program, which replaces this process and so becomes the parent of the tree. */
  execute: boolean;
  program: readonly string[];
  trace?: string;
  /** Make a package with a plugin. */
  plugin: boolean;
  /** The runtime of a new project. */
  runtime?: Runtime;
  /** Parts that `inspect` shows; everything if it is empty. */
  readonly views: View[];
  /** A file for the page that `inspect` makes for browsers. */
  page?: string;
  /** Run again when the configuration or a module that it imports changes. */
  watch: boolean;
  /** A file for the names and states of the files that the run depended on. */
  reportFiles?: string;
  json: boolean;
  help: boolean;
}

/** The default path of the socket of a service of clones, in its working directory. */
export const CLONES_ADDRESS = "restage-clones.socket";

/** The name of the socket of a lazy-pages daemon, which is CRIU's. */
export const LAZY_PAGES_SOCKET = "lazy-pages.socket";

export interface StoreSettings {
  /** The file of the key that encrypts. */
  keyFile?: string;
  /** Take over a name that is in use. */
  replace: boolean;
  /** The name under which a checkpoint is pushed when it is made. */
  to?: string;
}

export interface FleetSettings {
  readonly labels: string[];
  /** The name of a host. */
  name?: string;
  /** The file with the policy of a host. */
  policy?: string;
  slots: number;
  /** For how many milliseconds a command of an order can run. */
  limit: number;
  /** In milliseconds. */
  lease?: number;
  /** Where the agent serves its dashboard. */
  dashboard?: { readonly host: string; readonly port: number };
  /** The file with the private key that signs orders. */
  signKey?: string;
  /** The name of a configuration. */
  config?: string;
  /** How many clones. */
  count: number;
  leaveRunning: boolean;
  detach: boolean;
  follow: boolean;
  server?: string;
}

export interface ServiceSettings {
  /** The path of the socket of a service; the IP address of a page server, or where pages can be taken. */
  address?: string;
  /** The TCP port of a page server; 0 for any. */
  port: number;
  /** A socket that is connected to a dump, or to a page server. */
  connected?: number;
  /** Pages come from a page server, or go to one. */
  pageServer: boolean;
  /** Pages are given to a lazy-pages daemon. */
  lazyPages: boolean;
  daemon: boolean;
  /** A descriptor that learns by a zero byte that the socket listens. */
  statusFd?: number;
  /** The descriptor of a socket that already listens. */
  listening?: number;
}

export function createSettings(): Settings {
  return {
    restore: {},
    checkpoint: {},
    service: { daemon: false, port: 0, pageServer: false, lazyPages: false },
    values: {},
    store: { replace: false },
    fleet: { labels: [], slots: 4, limit: 3_600_000, count: 1, leaveRunning: false, detach: false, follow: false },
    noConfig: false,
    verbosity: 2,
    logPerTask: false,
    displayStats: false,
    close: [],
    views: [],
    execute: false,
    program: [],
    plugin: false,
    watch: false,
    json: false,
    help: false,
  };
}
