import { definePlugin, type Plugin } from "../plugin/plugin.ts";

/** Plugins that claim the duties which some of these only need to be there. */
export function standIns(plugins: readonly Plugin[]): readonly Plugin[] {
  const claimed = new Set(plugins.map(({ duty }) => duty));
  const wanted = new Set(plugins.flatMap(({ needs = [] }) => needs).filter((duty) => !claimed.has(duty)));
  return [...wanted].map((duty) => definePlugin({ name: `stand-in-${duty}`, duty, apply() {}, dump() {} }));
}
