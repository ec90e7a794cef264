import type { DumpHooks } from "../dump/hooks.ts";
import type { PhaseName } from "../dump/phases.ts";
import type { Clone } from "../restore/clone.ts";
import type { RestoreHooks } from "../restore/hooks.ts";
import type { RunStageName } from "../restore/stages.ts";
import type { Service } from "./service.ts";

/** Access to the services of other plugins. */
export interface PluginServices {
  /** Provides a service. It must be listed in the plugin's `provides`. */
  provide<T>(service: Service<T>, implementation: T): void;
  /** The service, from the plugin that provides it. To be called in taps, when all plugins have been applied. */
  service<T>(service: Service<T>): T;
}

/** What a plugin taps in a restore: the hooks, and the services of other plugins. */
export interface RestorePluginContext extends RestoreHooks, PluginServices {
  /** The clone that is restored from a template. Undefined in any other restore, and while the template is made. */
  readonly clone: Clone | undefined;
}

/** What a plugin taps in a checkpoint: the hooks, and the services of other plugins. */
export interface DumpPluginContext extends DumpHooks, PluginServices {}

/** The duties, services and names of a plugin, whichever direction it works in. */
export interface PluginDeclaration {
  /** Its own name, in errors and traces. */
  readonly name: string;
  /**
   * The duty it claims. A plugin that claims the duty of a default plugin replaces it, in the directions that it works in: a plugin without
   * `dump` leaves the default of a checkpoint in place.
   */
  readonly duty?: string;
  /** Duties that must be claimed by some plugin. */
  readonly needs?: readonly string[];
  readonly provides?: readonly Service<unknown>[];
  readonly uses?: readonly Service<unknown>[];
  /** What it does in each stage of a restore, for `docs/stages.md`. */
  readonly stages?: Partial<Record<RunStageName, string>>;
  /** What it does in each phase of a checkpoint, for `docs/stages.md`. */
  readonly phases?: Partial<Record<PhaseName, string>>;
}

/** A part of a restore, of a checkpoint, or of both. */
export interface Plugin extends PluginDeclaration {
  /** Taps the hooks of a restore. */
  apply?(context: RestorePluginContext): void;
  /** Taps the hooks of a checkpoint. */
  dump?(context: DumpPluginContext): void;
}

/** Checks a plugin's type where it is written. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
