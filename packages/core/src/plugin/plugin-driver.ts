import { asRestoreError, RestoreError } from "../errors.ts";
import type { RestoreListener } from "../events.ts";
import { Plan } from "../restore/plan.ts";
import { createHooks, type InterceptableHook, type RestoreHooks } from "../restore/hooks.ts";
import { ProgramTarget } from "../program/program-target.ts";
import type { PluginContext, RestorePlugin } from "./plugin.ts";
import type { Service } from "./service.ts";

/** A tap as tapable hands it to interceptors. */
interface Tap {
  readonly name: string;
  readonly type: "sync" | "async" | "promise";
  readonly fn: (...args: never[]) => unknown;
  readonly before?: string | readonly string[];
  readonly stage?: number;
}

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * Chooses the plugins of a restore and applies them. Each tap is known by its plugin: what it records and what it throws is
 * attributed to it, and the time it takes is told to the listener.
 */
export class PluginDriver {
  readonly hooks: RestoreHooks;
  readonly plugins: readonly RestorePlugin[];
  readonly #emit: RestoreListener;
  readonly #services = new Map<string, unknown>();
  #applying: RestorePlugin | undefined;

  /**
   * @param defaults plugins of which each may be replaced by claiming its duty.
   * @param chosen the user's, applied after the defaults.
   */
  constructor(defaults: readonly RestorePlugin[], chosen: readonly RestorePlugin[], emit: RestoreListener) {
    this.#emit = emit;
    this.plugins = choosePlugins(defaults, chosen);
    this.hooks = createHooks((hook, name) => this.#intercept(hook, name));
    for (const plugin of this.plugins) this.#apply(plugin);
    this.#checkServices();
  }

  #apply(plugin: RestorePlugin): void {
    const context: PluginContext = {
      ...this.hooks,
      provide: (service, implementation) => {
        if (plugin.provides?.includes(service as Service<unknown>) !== true) {
          throw new RestoreError(
            "ERR_PLUGIN",
            `Plugin ${plugin.name} provides ${service.name} without saying so in \`provides\``,
          );
        }
        this.#services.set(service.name, implementation);
      },
      service: <T>(service: Service<T>): T => {
        if (!this.#services.has(service.name)) {
          throw new RestoreError("ERR_DUTY_MISSING", `Nobody provides the service ${service.name}`);
        }
        return this.#services.get(service.name) as T;
      },
    };
    this.#applying = plugin;
    try {
      plugin.apply(context);
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
          `Plugin ${plugin.name} uses the service ${service.name}, which nobody provides`,
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

  /** The tap's function, with whoever it records into told who is recording. */
  #wrap(tap: Tap, plugin: string, hook: string): AnyFunction {
    const fn = tap.fn as unknown as AnyFunction;
    const fail = (error: unknown) => {
      throw asRestoreError(error, { plugin });
    };
    return (...args) => {
      const [subject] = args;
      const started = performance.now();
      // A hook within a tap of another plugin, which goes on recording after it.
      const within = subject instanceof ProgramTarget ? undefined : taskOf(subject)?.program;
      const outer = within?.plugin;
      const done = () => {
        const time = performance.now();
        this.#emit({ kind: "tap", time, hook, plugin, milliseconds: time - started });
        if (within !== undefined && outer !== undefined) within.plugin = outer;
      };
      if (subject instanceof ProgramTarget) {
        if (subject.program !== undefined) subject.program.plugin = plugin;
      } else if (typeof subject === "object" && subject !== null) {
        if (subject instanceof Plan) subject.plugin = plugin;
        if ("host" in subject) (subject.host as { plugin: string }).plugin = plugin;
        const stub = "stub" in subject ? (subject.stub as ProgramTarget) : undefined;
        if (stub?.program !== undefined) stub.program.plugin = plugin;
        if (within !== undefined) within.plugin = plugin;
      }
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

/** The task into which taps of a subject record that is none itself (a file to open). */
function taskOf(subject: unknown): ProgramTarget | undefined {
  if (typeof subject !== "object" || subject === null || !("task" in subject)) return undefined;
  return subject.task instanceof ProgramTarget ? subject.task : undefined;
}

/** An async function given to `tap`: nobody would wait for it, and what it records after its first await would be too late. */
function unawaited(result: Promise<unknown>, tap: string, hook: string): RestoreError {
  // What it comes to is of no interest any more.
  result.catch(() => {});
  return new RestoreError("ERR_PLUGIN", `Tap ${tap} of ${hook} gave a promise, which nobody waits for`, {
    hint: "use tapPromise for async functions",
  });
}

/** A tap, and the duty of its plugin. */
interface KnownTap {
  readonly name: string;
  readonly duty: string | undefined;
}

/**
 * The names of the taps that a tap is to run before. It may name them by their duty, which stays when another plugin claims that. tapable puts a
 * tap with an unknown `before` first, silently; and bare numbers say nothing to a reader.
 */
function orderOf(tap: Tap, hook: string, known: readonly KnownTap[], plugin: string): string[] {
  if (tap.stage !== undefined) {
    throw new RestoreError("ERR_TAP_ORDER", `Tap ${tap.name} of ${hook} is ordered by the number ${tap.stage}`, {
      plugin,
      hint: 'order taps by name: `before: "..."`',
    });
  }
  const before = tap.before === undefined ? [] : [tap.before].flat();
  return before.flatMap((wanted) => {
    const byName = known.filter(({ name }) => name === wanted);
    const found = byName.length > 0 ? byName : known.filter(({ duty }) => duty === wanted);
    if (found.length > 0) return found.map(({ name }) => name);
    const message = `Tap ${tap.name} of ${hook} is to run before ${wanted}, which is not there`;
    const names = known.map(({ name }) => name).join(", ");
    const hint = known.length === 0 ? "the hook has no taps yet" : `the hook has: ${names}`;
    throw new RestoreError("ERR_TAP_ORDER", message, { plugin, hint });
  });
}

/** The defaults whose duty nobody else claims, then the user's. */
export function choosePlugins(
  defaults: readonly RestorePlugin[],
  chosen: readonly RestorePlugin[],
): readonly RestorePlugin[] {
  const claims = new Map<string, RestorePlugin>();
  for (const plugin of chosen) {
    if (plugin.duty === undefined) continue;
    const other = claims.get(plugin.duty);
    if (other !== undefined) {
      throw new RestoreError(
        "ERR_DUTY_CLAIMED",
        `Duty ${plugin.duty} is claimed by ${other.name} and by ${plugin.name}`,
        {
          plugin: plugin.name,
        },
      );
    }
    claims.set(plugin.duty, plugin);
  }
  // A plugin takes the place of the one that it replaces, so that taps keep their order.
  const duties = new Set(defaults.map(({ duty }) => duty));
  const all = [
    ...defaults.map((plugin) => (plugin.duty === undefined ? plugin : (claims.get(plugin.duty) ?? plugin))),
    ...chosen.filter(({ duty }) => duty === undefined || !duties.has(duty)),
  ];
  const present = new Set(all.map(({ duty }) => duty));
  for (const plugin of all) {
    for (const need of plugin.needs ?? []) {
      if (present.has(need)) continue;
      throw new RestoreError("ERR_DUTY_MISSING", `Plugin ${plugin.name} needs the duty ${need}, which nobody claims`, {
        plugin: plugin.name,
      });
    }
  }
  return all;
}
