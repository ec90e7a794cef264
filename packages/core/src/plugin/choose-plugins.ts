import { RestoreError } from "../errors.ts";
import type { PluginDeclaration } from "./plugin.ts";

/**
 * The plugins of one direction, in the order of their taps: each default in its place, or the plugin that claims its duty; then the others.
 *
 * @throws RestoreError ERR_DUTY_CLAIMED when two chosen plugins claim one duty; ERR_DUTY_MISSING when a needed duty is claimed by none.
 */
export function choosePlugins<P extends PluginDeclaration>(defaults: readonly P[], chosen: readonly P[]): readonly P[] {
  const claims = new Map<string, P>();
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
        {
          plugin: plugin.name,
        },
      );
    }
  }
  return all;
}
