import { RestoreError } from "../errors.ts";
import { didYouMean, nearest } from "../nearest.ts";
import type { Plugin } from "./plugin.ts";

/**
 * The plugins of one direction, in the order of their taps: each default in its place, or the plugin that claims its duty; then the others.
 *
 * @throws RestoreError ERR_DUTY_CLAIMED when two chosen plugins claim one duty; ERR_DUTY_MISSING when a needed duty is claimed by none, or when a
 * claimed duty that nobody knows has nearly the name of a default's.
 */
export function choosePlugins(defaults: readonly Plugin[], chosen: readonly Plugin[]): readonly Plugin[] {
  const claims = new Map<string, Plugin>();
  for (const plugin of chosen) {
    if (plugin.duty === undefined) continue;
    const other = claims.get(plugin.duty);
    if (other !== undefined) {
      const message = `Plugins ${other.name} and ${plugin.name} both claim the duty ${plugin.duty}`;
      throw new RestoreError("ERR_DUTY_CLAIMED", message, { plugin: plugin.name });
    }
    claims.set(plugin.duty, plugin);
  }
  const duties = new Set(defaults.map(({ duty }) => duty));
  const all = [
    ...defaults.map((plugin) => (plugin.duty === undefined ? plugin : (claims.get(plugin.duty) ?? plugin))),
    ...chosen.filter(({ duty }) => duty === undefined || !duties.has(duty)),
  ];
  const present = new Set(all.map(({ duty }) => duty));
  for (const plugin of all) {
    for (const need of plugin.needs ?? []) {
      if (present.has(need)) continue;
      throw new RestoreError(
        "ERR_DUTY_MISSING",
        `Plugin ${plugin.name} needs the duty ${need}, which no plugin claims`,
        { plugin: plugin.name, hint: didYouMean(need, namesOf(present)) },
      );
    }
  }
  const needed = new Set(all.flatMap(({ needs = [] }) => needs));
  for (const plugin of chosen) {
    const { name, duty } = plugin;
    if (duty === undefined || duties.has(duty) || needed.has(duty)) continue;
    // The duty can be a new one, or one of the other direction: only a slip of the pen is an error.
    const meant = nearest(duty, namesOf(duties));
    if (meant === undefined) continue;
    throw new RestoreError("ERR_DUTY_MISSING", `Plugin ${name} claims the duty ${duty}, which does not exist`, {
      plugin: name,
      hint: `did you mean ${meant}?`,
    });
  }
  return all;
}

function namesOf(duties: ReadonlySet<string | undefined>): readonly string[] {
  return [...duties].filter((duty) => duty !== undefined);
}
