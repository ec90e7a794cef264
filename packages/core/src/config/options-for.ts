import type { CheckpointSection, RestoreConfig, RestoreSection } from "./define-config.ts";
import { optionsInEnvironment } from "./environment.ts";
import { CHECKPOINT_KEYS, RESTORE_KEYS } from "./keys.ts";
import { merge } from "./merge.ts";
import type { SectionName } from "./sections.ts";

/**
 * The options of a command: its section replaces keys of the whole file, and environment variables replace both. Plugins are added. `plan` and `check` show
 * what a restore would do, so they use the section `restore` before their own.
 *
 * Throws ERR_CONFIG if an environment variable cannot be used.
 */
export function optionsFor(command: "checkpoint", config: RestoreConfig): CheckpointSection;
export function optionsFor(command: SectionName, config: RestoreConfig): RestoreSection;
export function optionsFor(command: SectionName, config: RestoreConfig): CheckpointSection | RestoreSection {
  const { extends: _, restore = {}, plan = {}, check = {}, checkpoint = {}, ...whole } = config;
  if (command === "checkpoint") {
    const { plugins, images, onEvent } = whole;
    const shared = Object.fromEntries(Object.entries({ plugins, images, onEvent }).filter(([, value]) => value));
    return { ...merge<CheckpointSection>(shared, checkpoint), ...optionsInEnvironment(process.env, CHECKPOINT_KEYS) };
  }
  const own = { restore: {}, plan, check }[command];
  return { ...merge(merge<RestoreSection>(whole, restore), own), ...optionsInEnvironment(process.env, RESTORE_KEYS) };
}
