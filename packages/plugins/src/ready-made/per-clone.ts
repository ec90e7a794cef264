import { type Clone, definePlugin, type Plugin } from "@restage/core";

/**
 * Gives each clone of a template plugins of its own: another port, host name or secret. It does nothing in a restore without a template, nor while the
 * template is made.
 *
 * @param make returns plugins for a clone. They cannot claim duties.
 *
 * @example
 * ```ts
 * plugins: [perClone(({ number }) => movePorts({ 8080: 8080 + number }))]
 * ```
 */
export function perClone(make: (clone: Clone) => Plugin | readonly Plugin[]): Plugin {
  return definePlugin({
    name: "per-clone",
    apply(context) {
      if (context.clone === undefined) return;
      for (const plugin of [make(context.clone)].flat()) {
        if (plugin.duty !== undefined || plugin.provides !== undefined) {
          throw new RangeError(
            `Cannot use the plugin ${plugin.name} for one clone: it claims a duty or provides a service`,
          );
        }
        plugin.apply?.(context);
      }
    },
  });
}
