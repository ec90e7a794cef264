import { RestoreError } from "@restage/core";
import type { CheckpointHooks } from "./hooks.ts";

/** A row of docs/checkpoint.md. */
export interface Saving {
  readonly group: "tasks" | "memory" | "files" | "sockets" | "terminals" | "namespaces";
  readonly what: string;
  /** What a checkpoint has of it. */
  readonly saved: string;
  /** What is refused by its name. */
  readonly refused?: string;
  /** Tests that restored it from such a checkpoint: `fixture NAME`, `case NAME`. */
  readonly shownBy: readonly string[];
}

/** A part of a checkpoint. */
export interface CheckpointPlugin {
  /** Its own name, in errors. */
  readonly name: string;
  /** The duty it claims. Claiming that of a default plugin replaces it. */
  readonly duty: string;
  /** What it saves, for docs/checkpoint.md. */
  readonly saves?: readonly Saving[];
  apply(hooks: CheckpointHooks): void;
}

/** Checks a plugin's type where it is written. */
export function defineCheckpointPlugin(plugin: CheckpointPlugin): CheckpointPlugin {
  return plugin;
}

/**
 * The defaults, without those whose duty somebody chosen claims, and the chosen ones.
 *
 * Throws ERR_DUTY_CLAIMED when two chosen ones claim one duty.
 */
export function chooseCheckpointPlugins(
  defaults: readonly CheckpointPlugin[],
  chosen: readonly CheckpointPlugin[],
): readonly CheckpointPlugin[] {
  const claimed = new Map<string, CheckpointPlugin>();
  for (const plugin of chosen) {
    const other = claimed.get(plugin.duty);
    if (other !== undefined) {
      const message = `Plugins ${other.name} and ${plugin.name} both claim the duty ${plugin.duty}`;
      throw new RestoreError("ERR_DUTY_CLAIMED", message);
    }
    claimed.set(plugin.duty, plugin);
  }
  return [...defaults.filter(({ duty }) => !claimed.has(duty)), ...chosen];
}
