import { asRestoreError, RestoreError } from "../errors.ts";
import type { TapEvent } from "../events.ts";
import { attributedBy } from "./attribution.ts";
import { choosePlugins } from "./choose-plugins.ts";
import type { Intercept, InterceptableHook } from "./intercept.ts";
import type { Plugin, PluginServices } from "./plugin.ts";
import type { Service } from "./service.ts";
import { type KnownTap, orderOf, type Tap } from "./tap-order.ts";

type AnyFunction = (...args: unknown[]) => unknown;

/** One direction of the framework: the hooks that a restore, or a checkpoint, has, and how a plugin taps them. */
export interface Direction<Hooks> {
  createHooks(intercept: Intercept): Hooks;
  /** Whether a plugin works in this direction. */
  has(plugin: Plugin): boolean;
  apply(plugin: Plugin, context: Hooks & PluginServices): void;
}

/**
 * Chooses the plugins of a restore or a checkpoint and applies them. It knows the plugin of each tap: what the tap records and throws is
 * attributed to that plugin, and the listener is told how long the tap took.
 */
export class PluginDriver<Hooks extends object> {
  readonly hooks: Hooks;
  readonly plugins: readonly Plugin[];
  readonly #direction: Direction<Hooks>;
  readonly #emit: (event: TapEvent) => void;
  readonly #services = new Map<string, unknown>();
  #applying: Plugin | undefined;

  /**
   * @param defaults plugins that can each be replaced by claiming its duty.
   * @param chosen the user's. One that claims a default's duty takes its place; the others are applied after the defaults.
   * @throws RestoreError ERR_DUTY_CLAIMED, ERR_DUTY_MISSING, ERR_TAP_ORDER, ERR_PLUGIN.
   */
  constructor(
    direction: Direction<Hooks>,
    defaults: readonly Plugin[],
    chosen: readonly Plugin[],
    emit: (event: TapEvent) => void,
  ) {
    this.#direction = direction;
    this.#emit = emit;
    const taking = (plugins: readonly Plugin[]) => plugins.filter((plugin) => direction.has(plugin));
    this.plugins = choosePlugins(taking(defaults), taking(chosen));
    this.hooks = direction.createHooks((hook, name) => this.#intercept(hook, name));
    for (const plugin of this.plugins) this.#apply(plugin);
    this.#checkServices();
  }

  /** The service, from the plugin that provides it. */
  service<T>(service: Service<T>): T {
    if (!this.#services.has(service.name)) {
      throw new RestoreError("ERR_DUTY_MISSING", `No plugin provides the service ${service.name}`);
    }
    return this.#services.get(service.name) as T;
  }

  #apply(plugin: Plugin): void {
    const services: PluginServices = {
      provide: (service, implementation) => {
        if (plugin.provides?.includes(service as Service<unknown>) !== true) {
          throw new RestoreError(
            "ERR_PLUGIN",
            `Plugin ${plugin.name} provides ${service.name} without listing it in \`provides\``,
          );
        }
        this.#services.set(service.name, implementation);
      },
      service: (service) => this.service(service),
    };
    this.#applying = plugin;
    try {
      this.#direction.apply(plugin, { ...this.hooks, ...services });
    } catch (error) {
      throw asRestoreError(error, { plugin: plugin.name });
    } finally {
      this.#applying = undefined;
    }
  }

  #checkServices(): void {
    for (const plugin of this.plugins) {
      for (const service of plugin.uses ?? []) {
        if (this.#services.has(service.name)) continue;
        throw new RestoreError(
          "ERR_DUTY_MISSING",
          `Plugin ${plugin.name} uses the service ${service.name}, which no plugin provides`,
          { plugin: plugin.name },
        );
      }
    }
  }

  #intercept(hook: InterceptableHook, hookName: string): void {
    const known: KnownTap[] = [];
    hook.intercept({
      register: (tap) => {
        const plugin = this.#applying;
        const label = plugin?.duty ?? plugin?.name ?? tap.name;
        const before = orderOf(tap, hookName, known, label);
        known.push({ name: tap.name, duty: plugin?.duty });
        return { ...tap, before, fn: this.#wrap(tap, label, hookName) as never };
      },
    });
  }

  /** The tap's function; whatever it can record into is told its plugin first. */
  #wrap(tap: Tap, plugin: string, hook: string): AnyFunction {
    const fn = tap.fn as unknown as AnyFunction;
    const fail = (error: unknown) => {
      throw asRestoreError(error, { plugin });
    };
    return (...args) => {
      const started = performance.now();
      // A hook can be called within a tap of another plugin, which goes on recording afterwards.
      const outer = attributedBy(args).map((attributed) => ({ attributed, plugin: attributed.plugin }));
      for (const { attributed } of outer) attributed.plugin = plugin;
      const done = () => {
        const time = performance.now();
        this.#emit({ kind: "tap", time, hook, plugin, milliseconds: time - started });
        for (const { attributed, plugin } of outer) attributed.plugin = plugin;
      };
      try {
        const result = fn(...args);
        if (tap.type !== "promise") {
          if (result instanceof Promise) throw unawaited(result, tap.name, hook);
          done();
          return result;
        }
        return Promise.resolve(result).then((value) => {
          done();
          return value;
        }, fail);
      } catch (error) {
        return fail(error);
      }
    };
  }
}

/** An async function given to `tap`: nothing would wait for it, and what it records after its first await would come too late. */
function unawaited(result: Promise<unknown>, tap: string, hook: string): RestoreError {
  // Its own outcome no longer matters.
  result.catch(() => {});
  return new RestoreError("ERR_PLUGIN", `Tap ${tap} of ${hook} returned a promise, which nothing waits for`, {
    hint: "use tapPromise for async functions",
  });
}
