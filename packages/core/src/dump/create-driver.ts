import { definePlugin, type Plugin } from "../plugin/plugin.ts";
import { PluginDriver } from "../plugin/plugin-driver.ts";
import { AddedPlugins } from "./added-plugins.ts";
import { DUMP } from "./direction.ts";
import type { DumpHooks } from "./hooks.ts";

/** Applies the plugins of a checkpoint. */
export function createDumpDriver(
  defaults: readonly Plugin[],
  plugins: readonly Plugin[],
  emit: ConstructorParameters<typeof PluginDriver>[3],
): PluginDriver<DumpHooks> {
  const added = definePlugin({
    name: "added-plugins",
    provides: [AddedPlugins],
    dump: ({ provide }) => provide(AddedPlugins, plugins),
  });
  return new PluginDriver(DUMP, [added, ...defaults], plugins, emit);
}
