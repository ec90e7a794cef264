import {
  definePlugin,
  messageWithCauses,
  type Plan,
  type Plugin,
  RestoreError,
  type RunStageName,
  STAGES,
  type StageContext,
} from "@restage/core";
import { knownOptions } from "./known-options.ts";

/** A moment of a restore: the end of a stage, or what comes after them. */
export type Moment = RunStageName | "commit" | "complete" | "abort";

/** What a program or URL is told. */
export interface MomentNews {
  readonly moment: Moment;
  /** The pid of the root task as this process sees it, as soon as it exists. */
  readonly pid: number | undefined;
  /** How many tasks the tree has. */
  readonly tasks: number;
  /** Where the images are. */
  readonly images: string;
  /** Why the restore failed; only at `abort`. */
  readonly error?: string;
}

/** When and how `onStage` tells. */
export interface OnStageOptions {
  /** Default: all moments. */
  readonly at?: readonly Moment[];
  /** What happens if it cannot be told: the restore fails, or a line on standard error says so. Default: it fails. */
  readonly ifFailed?: "fail" | "warn";
}

const AFTER_STAGES = ["commit", "complete", "abort"] as const;
const MOMENTS: readonly Moment[] = [...STAGES.map(({ name }) => name), ...AFTER_STAGES];

/**
 * Tells a program, a URL or a function about the moments of a restore: when all tasks have confirmed a stage, before all tasks resume (`commit`), when they run
 * (`complete`), and after a failure (`abort`). The restore waits for it, so at `commit` a service can be registered before it runs.
 *
 * A program gets the moment as its argument and JSON on standard input. A URL gets the JSON in a POST request. Dry runs tell nobody.
 *
 * @param target the path of a program, an http(s) URL, or a function.
 * @example
 * ```ts
 * plugins: [onStage("http://127.0.0.1:8500/restored", { at: ["commit", "abort"] })]
 * ```
 */
export function onStage(
  target: string | ((news: MomentNews) => void | Promise<void>),
  options: OnStageOptions = {},
): Plugin {
  const { at = MOMENTS, ifFailed = "fail" } = knownOptions("onStage", options, { at: true, ifFailed: true });
  const unknown = at.find((moment) => !MOMENTS.includes(moment));
  if (unknown !== undefined) throw new RangeError(`Cannot notify at ${unknown}: expected one of ${MOMENTS.join(", ")}`);
  const name = "on-stage";
  const tell = async (context: StageContext | Plan, moment: Moment, error?: RestoreError) => {
    if (context.dryRun || !at.includes(moment)) return;
    try {
      await deliver(target, newsOf(context, moment, error), context);
    } catch (failure) {
      if (ifFailed === "fail") throw failure;
      console.error(`warning: ${failure instanceof Error ? failure.message : String(failure)}`);
    }
  };
  return definePlugin({
    name,
    apply({ stages, commit, complete, abort }) {
      for (const { name: stage } of STAGES) stages[stage].leave.tapPromise(name, (context) => tell(context, stage));
      commit.tapPromise(name, (context) => tell(context, "commit"));
      complete.tapPromise(name, (context) => tell(context, "complete"));
      abort.tapPromise(name, (error, plan) => tell(plan, "abort", error));
    },
  });
}

function newsOf({ tree, images }: StageContext | Plan, moment: Moment, error: RestoreError | undefined): MomentNews {
  const pid = tree.root.tracee === undefined ? undefined : tree.root.hostPid;
  const news = { moment, pid, tasks: tree.tasks.length, images: images.source.directory() };
  return error === undefined ? news : { ...news, error: error.summary };
}

async function deliver(
  target: string | ((news: MomentNews) => void | Promise<void>),
  news: MomentNews,
  { host, signal }: StageContext | Plan,
): Promise<void> {
  if (typeof target === "function") return await target(news);
  const body = JSON.stringify(news);
  if (/^https?:/.test(target)) {
    const headers = { "content-type": "application/json" };
    // After a failure the signal has fired already.
    const request = { method: "POST", headers, body, ...(signal.aborted ? {} : { signal }) };
    const answer = await fetch(target, request).catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw failure(`Cannot reach ${target} at ${news.moment}: ${messageWithCauses(error)}`);
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw failure(`${target} answered ${answer.status} at ${news.moment}`);
    return;
  }
  const { status, errors } = host.runProgram(target, [news.moment], body);
  if (status === 0 || (status === undefined && host.kernel.recording)) return;
  const how = status === undefined ? "could not be started, or was killed," : `exited with status ${status}`;
  throw failure(`${target} ${how} at ${news.moment}: ${errors.trim()}`);
}

function failure(message: string): RestoreError {
  return new RestoreError("ERR_PLUGIN", message, {
    plugin: "on-stage",
    hint: 'fix it, or continue without it: `ifFailed: "warn"`',
  });
}
