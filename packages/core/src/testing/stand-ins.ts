import { definePlugin, type Plugin } from "../plugin/plugin.ts";

/**
 * Makes plugins that claim the duties which some of these need, and one that needs the duties which these claim: a test has no defaults for them to
 * replace.
 */
export function standIns(plugins: readonly Plugin[]): readonly Plugin[] {
  const claimed = new Set(plugins.map(({ duty }) => duty));
  const wanted = new Set(plugins.flatMap(({ needs = [] }) => needs).filter((duty) => !claimed.has(duty)));
  const duties = (method: "apply" | "dump") =>
    plugins.flatMap((plugin) => (plugin[method] === undefined || plugin.duty === undefined ? [] : [plugin.duty]));
  return [
    definePlugin({ name: "stand-in-for-users-of-restores", needs: duties("apply"), apply() {} }),
    definePlugin({ name: "stand-in-for-users-of-checkpoints", needs: duties("dump"), dump() {} }),
    ...[...wanted].map((duty) => definePlugin({ name: `stand-in-${duty}`, duty, apply() {}, dump() {} })),
  ];
}
