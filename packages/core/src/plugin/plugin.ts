import type { RestoreHooks } from "../restore/hooks.ts";
import type { RunStageName } from "../restore/stages.ts";
import type { Service } from "./service.ts";

/** What a plugin's `apply` works with: the hooks, and the services of other plugins. */
export interface PluginContext extends RestoreHooks {
  /** Provides a service; it has to stand in the plugin's `provides`. */
  provide<T>(service: Service<T>, implementation: T): void;
  /** The service, from whoever provides it. To be called in taps, when all plugins have been applied. */
  service<T>(service: Service<T>): T;
}

/** A kind of resource that a plugin restores: a row of `docs/support.md`. */
export interface Support {
  readonly group: "tasks" | "memory" | "files" | "sockets" | "terminals" | "namespaces";
  /** What it is called by CRIU or Linux: "eventfd", "shared anonymous memory". */
  readonly what: string;
  /** What of it comes back. */
  readonly restored: string;
  /** What of it is refused, by name, while planning. */
  readonly refused?: string;
  /** What the kernel has to have, beyond Linux 5.10: a version, a configuration option, a module. */
  readonly kernel?: string;
  /** The tests that restored it from real images: `fixture NAME`, or `case NAME` for a folder of `test/cases`. */
  readonly shownBy: readonly string[];
}

/** A part of a restore. */
export interface RestorePlugin {
  /** Its own name, in errors and traces. */
  readonly name: string;
  /** The duty it claims. Claiming that of a default plugin replaces it. */
  readonly duty?: string;
  /** Duties that have to be there. */
  readonly needs?: readonly string[];
  readonly provides?: readonly Service<unknown>[];
  readonly uses?: readonly Service<unknown>[];
  /** What it does in each stage, for `docs/stages.md`. */
  readonly stages?: Partial<Record<RunStageName, string>>;
  /** What it restores, for `docs/support.md`. */
  readonly supports?: readonly Support[];
  apply(context: PluginContext): void;
}

/** Checks a plugin's type where it is written. */
export function definePlugin(plugin: RestorePlugin): RestorePlugin {
  return plugin;
}
