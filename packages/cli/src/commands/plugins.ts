import type { Plugin } from "@restage/core";
import { createDumpDriver } from "@restage/core/dump";
import { PluginDriver } from "@restage/core/internal";
import { RESTORE } from "@restage/core/restore";
import { defaultDumpPlugins } from "@restage/plugins/dump";
import { defaultPlugins } from "@restage/plugins/restore";
import { EXIT } from "../exit-codes.ts";
import type { Settings } from "../options/settings.ts";
import { print } from "../report/print.ts";
import { table } from "../report/table.ts";
import { checkpointOptions, requestWithoutImages } from "../request.ts";

/** The plugins of one direction. */
export interface PluginList {
  /** In the order in which they are applied. */
  readonly plugins: readonly ListedPlugin[];
  /** In the order of calls, each with its taps in order; a tap is named by the duty of its plugin, or else by the plugin. */
  readonly hooks: readonly { readonly hook: string; readonly taps: readonly string[] }[];
}

export interface ListedPlugin {
  readonly name: string;
  readonly duty: string | undefined;
  /** Whether it is one of the defaults. */
  readonly isDefault: boolean;
  readonly needs: readonly string[];
  readonly provides: readonly string[];
  readonly uses: readonly string[];
}

/** Lists duties with the plugins that claim them, and the hooks that are tapped. Returns the exit code. */
export async function pluginsCommand(settings: Settings): Promise<number> {
  const { plugins = [] } = await requestWithoutImages(settings, "restore");
  const { plugins: inCheckpoints = [] } = await checkpointOptions(settings);
  const ignore = () => {};
  const restore = listPlugins(new PluginDriver(RESTORE, defaultPlugins(), plugins, ignore), plugins);
  const checkpoint = listPlugins(createDumpDriver(defaultDumpPlugins(), inCheckpoints, ignore), inCheckpoints);
  if (settings.json) print(`${JSON.stringify({ restore, checkpoint })}\n`);
  else print(`${printList("Restores", restore)}\n${printList("Checkpoints", checkpoint)}`);
  return EXIT.OK;
}

/** @param chosen the user's plugins. */
export function listPlugins(
  driver: Pick<PluginDriver<object>, "plugins" | "tapped">,
  chosen: readonly Plugin[],
): PluginList {
  const plugins = driver.plugins.map((plugin): ListedPlugin => {
    const { name, duty, needs = [], provides = [], uses = [] } = plugin;
    const names = (services: NonNullable<Plugin["uses"]>) => services.map((service) => service.name);
    return { name, duty, isDefault: !chosen.includes(plugin), needs, provides: names(provides), uses: names(uses) };
  });
  const hooks = driver.tapped
    .map(({ hook, plugins }) => ({ hook, taps: plugins.map(({ duty, name }) => duty ?? name) }))
    .sort((a, b) => placeOf(a.hook) - placeOf(b.hook));
  return { plugins, hooks };
}

/** The hooks of a restore by their first words, in the order of calls. Those of a checkpoint are made in their order. */
const ORDER: readonly string[] = [
  ...["imageSource", "entries", "fileGroup", "fileNeeds", "plan", "template"],
  ...["ROOT_TASK", "PREPARE_NAMESPACES", "mountsReady", "FORKING", "RESTORE", "openFile", "filesOpened", "patchMemory"],
  ...["RESTORE_SIGCHLD", "RESTORE_CREDS", "COMPLETE", "commit", "complete", "abort"],
];

export function placeOf(hook: string): number {
  return ORDER.indexOf(hook.split(".", 1)[0] ?? "");
}

export function printList(title: string, { plugins, hooks }: PluginList): string {
  const duties = plugins.flatMap(({ duty, name, isDefault }) => {
    return duty === undefined ? [] : [[duty, isDefault ? "default" : name] as const];
  });
  const others = plugins.filter(({ duty, isDefault }) => duty === undefined && !isDefault).map(({ name }) => name);
  return [
    `${title}: duties, and what claims them\n${table(duties)}\n`,
    ...(others.length === 0 ? [] : [`${title}: plugins without a duty\n  ${others.join(", ")}\n`]),
    `${title}: hooks in the order of calls, with their taps\n${table(hooks.map(({ hook, taps }) => [hook, taps.join(", ")]))}\n`,
  ].join("\n");
}
