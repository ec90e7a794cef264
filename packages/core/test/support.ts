import { RestoreError } from "../src/errors.ts";
import { definePlugin, type Plugin, type RestorePluginContext } from "../src/plugin/plugin.ts";
import { type RunStageName, STAGES } from "../src/restore/stages.ts";

/** A plugin for restores, in one line. */
export function plugin(
  name: string,
  apply: (context: RestorePluginContext) => void,
  more: Partial<Plugin> = {},
): Plugin {
  return definePlugin({ name, ...more, apply });
}

export const STAGE_NAMES: readonly RunStageName[] = STAGES.map(({ name }) => name);

/** Taps every hook that the core calls, and logs each call: `RESTORE.task 7`. */
export function recorder(log: string[], name = "recorder"): Plugin {
  return plugin(name, (hooks) => {
    hooks.plan.tap(name, () => void log.push("plan"));
    for (const stage of STAGE_NAMES) {
      const { enter, task, thread, leave } = hooks.stages[stage];
      enter.tap(name, () => void log.push(`${stage}.enter`));
      task.tap(name, ({ pid }) => void log.push(`${stage}.task ${pid}`));
      thread.tap(name, ({ tid }) => void log.push(`${stage}.thread ${tid}`));
      leave.tap(name, () => void log.push(`${stage}.leave`));
    }
    hooks.commit.tap(name, () => void log.push("commit"));
    hooks.complete.tap(name, () => void log.push("complete"));
    hooks.abort.tap(name, () => void log.push("abort"));
  });
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A tap that never settles. */
export function never(): Promise<never> {
  return new Promise(() => {});
}

/** The error with which a promise rejects. */
export async function failureOf(promise: Promise<unknown>): Promise<RestoreError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (outcome instanceof RestoreError) return outcome;
  throw new Error("The promise did not reject with a RestoreError", { cause: outcome });
}
