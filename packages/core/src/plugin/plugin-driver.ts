import { asRestoreError, RestoreError } from "../errors.ts";
import type { TapEvent } from "../events.ts";
import { attribute, attributedBy } from "./attribution.ts";
import { assertPlugins, type Problem } from "./check-plugin.ts";
import { choosePlugins } from "./choose-plugins.ts";
import type { Intercept, InterceptableHook } from "./intercept.ts";
import { withKnownMembers } from "./known-members.ts";
import type { Plugin, PluginServices } from "./plugin.ts";
import type { Service } from "./service.ts";
import { placeInPlugin } from "./stack.ts";
import { type KnownTap, orderOf, type Tap } from "./tap-order.ts";

type AnyFunction = (...args: unknown[]) => unknown;

/** One direction of the framework: the hooks that a restore, or a checkpoint, has, and how a plugin taps them. */
export interface Direction<Hooks> {
  createHooks(intercept: Intercept): Hooks;
  /** The method in which a plugin taps this direction. */
  readonly method: "apply" | "dump";
  apply(plugin: Plugin, context: Hooks & PluginServices): void;
  /** The check of what the taps of a hook return; undefined if there is none. */
  checkOf(hook: string): ResultCheck | undefined;
}

/** Says what is wrong with what a tap returned for its arguments; undefined when nothing is. */
export type ResultCheck = (result: unknown, args: readonly unknown[]) => Problem | undefined;

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
  readonly #hooks: {
    readonly name: string;
    readonly hook: InterceptableHook;
    readonly plugins: Map<string, Plugin>;
  }[] = [];
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
    assertPlugins(chosen);
    const taking = (plugins: readonly Plugin[]) => plugins.filter((plugin) => plugin[direction.method] !== undefined);
    this.plugins = choosePlugins(taking(defaults), taking(chosen));
    this.hooks = direction.createHooks((hook, name) => this.#intercept(hook, name));
    const known = knownHooks(this.hooks);
    for (const plugin of this.plugins) this.#apply(plugin, known);
    this.#checkServices();
  }

  /** The hooks that are tapped, each with the plugins of its taps in the order of calls. */
  get tapped(): readonly { readonly hook: string; readonly plugins: readonly Plugin[] }[] {
    return this.#hooks
      .filter(({ hook }) => hook.taps.length > 0)
      .map(({ name, hook, plugins }) => ({
        hook: name,
        plugins: hook.taps.map((tap) => plugins.get(tap.name) ?? { name: tap.name }),
      }));
  }

  /** The service, from the plugin that provides it. */
  service<T>(service: Service<T>): T {
    if (!this.#services.has(service.name)) {
      throw new RestoreError("ERR_DUTY_MISSING", `No plugin provides the service ${service.name}`);
    }
    return this.#services.get(service.name) as T;
  }

  #apply(plugin: Plugin, hooks: Hooks): void {
    const services: PluginServices = {
      provide: (service, implementation) => {
        if (plugin.provides?.includes(service as Service<unknown>) !== true) {
          throw new RestoreError(
            "ERR_PLUGIN",
            `Plugin ${plugin.name} provides ${service.name} without listing it in \`provides\``,
          );
        }
        this.#services.set(service.name, attributed(service, implementation, plugin));
      },
      service: (service) => this.service(service),
    };
    this.#applying = plugin;
    try {
      this.#direction.apply(plugin, withKnownMembers({ ...hooks, ...services }, "hook"));
    } catch (error) {
      throw failureOf(error, plugin.name, plugin.name, this.#direction.method);
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
    const plugins = new Map<string, Plugin>();
    this.#hooks.push({ name: hookName, hook, plugins });
    hook.intercept({
      register: (tap) => {
        const plugin = this.#applying;
        const label = plugin?.duty ?? plugin?.name ?? tap.name;
        const before = orderOf(tap, hookName, known, label);
        known.push({ name: tap.name, duty: plugin?.duty });
        if (plugin !== undefined) plugins.set(tap.name, plugin);
        const fn = this.#wrap(tap, label, hookName, plugin?.name ?? tap.name);
        return { ...tap, before, fn: fn as never };
      },
    });
  }

  /** The tap's function; whatever it can record into is told its plugin first. */
  #wrap(tap: Tap, plugin: string, hook: string, name: string): AnyFunction {
    const fn = tap.fn as unknown as AnyFunction;
    const fail = (error: unknown) => {
      throw failureOf(error, plugin, name, hook);
    };
    const check = this.#direction.checkOf(hook);
    // When its result is checked the tap has returned, and no stack tells its place any more.
    const tapped = check === undefined ? undefined : new Error();
    return (...args) => {
      const started = performance.now();
      // A hook can be called within a tap of another plugin, which goes on recording afterwards.
      const giveBack = attribute(attributedBy(args), plugin);
      const done = () => {
        const time = performance.now();
        this.#emit({ kind: "tap", time, hook, plugin, milliseconds: time - started });
        giveBack();
      };
      try {
        const result = fn(...args);
        if (tap.type !== "promise") {
          if (result instanceof Promise) throw unawaited(result, tap.name, hook);
          const problem = check?.(result, args);
          if (problem !== undefined) {
            const thrownBy = { name, hook, place: placeInPlugin(tapped?.stack) };
            const message = `Tap ${tap.name} of ${hook} returned ${problem.message}`;
            throw new RestoreError("ERR_PLUGIN", message, { hint: problem.hint, thrownBy });
          }
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

/** What a plugin threw, with the plugin and its place. */
function failureOf(error: unknown, plugin: string, name: string, hook: string): RestoreError {
  const known = error instanceof RestoreError && error.thrownBy !== undefined;
  const place = known || !(error instanceof Error) ? undefined : placeInPlugin(error.stack);
  // An error of the framework that no foreign code is in the way of has its place in its own words.
  const isOwn = error instanceof RestoreError && place === undefined;
  return asRestoreError(error, { plugin, thrownBy: known || isOwn ? undefined : { name, hook, place } });
}

/** The hooks as plugins see them: a name that does not exist is an error. */
function knownHooks<Hooks extends object>(hooks: Hooks): Hooks {
  const { stages, phases } = hooks as { stages?: Readonly<Record<string, object>>; phases?: typeof stages };
  const groups = Object.entries({ stages, phases }).flatMap(([group, members]) => {
    if (members === undefined) return [];
    const known = Object.entries(members).map(([name, hooks]) => {
      return [name, withKnownMembers(hooks, "hook", `${group}.${name}.`)] as const;
    });
    const what = group === "stages" ? "stage" : "phase";
    return [[group, withKnownMembers(Object.fromEntries(known), what, `${group}.`)] as const];
  });
  return { ...hooks, ...Object.fromEntries(groups) };
}

/** An async function given to `tap`: nothing would wait for it, and what it records after its first await would come too late. */
function unawaited(result: Promise<unknown>, tap: string, hook: string): RestoreError {
  // Its own outcome no longer matters.
  result.catch(() => {});
  return new RestoreError("ERR_PLUGIN", `Tap ${tap} of ${hook} returned a promise, which nothing waits for`, {
    hint: "use tapPromise for async functions",
  });
}

/** A service whose methods name its plugin in what they throw, and in what they record for it. */
function attributed<T>(service: Service<T>, implementation: T, { duty, name }: Plugin): T {
  const plugin = duty ?? name;
  const wrap = (method: AnyFunction, self: unknown, hook: string): AnyFunction => {
    const fail = (error: unknown): never => {
      throw failureOf(error, plugin, name, hook);
    };
    return (...args) => {
      const giveBack = service.recordsFor === "provider" ? attribute(attributedBy(args), plugin) : () => {};
      try {
        const result = method.apply(self, args);
        if (!(result instanceof Promise)) {
          giveBack();
          return result;
        }
        return result.then((value: unknown) => {
          giveBack();
          return value;
        }, fail);
      } catch (error) {
        return fail(error);
      }
    };
  };
  if (typeof implementation === "function") {
    return wrap(implementation as unknown as AnyFunction, undefined, `service ${service.name}`) as T;
  }
  if (typeof implementation !== "object" || implementation === null) return implementation;
  const wrapped = new Map<unknown, AnyFunction>();
  return new Proxy(implementation, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member);
      if (typeof value !== "function") return value;
      let method = wrapped.get(value);
      if (method === undefined) {
        method = wrap(value as AnyFunction, target, `${service.name}.${String(member)}`);
        wrapped.set(value, method);
      }
      return method;
    },
  });
}
