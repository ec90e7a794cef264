import type { DumpEvent, RestoreError, RestoreEvent } from "@restage/core";
import { knownOptions } from "./known-options.ts";

/** Values of attributes. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | string[]>>;

/** A context of `@opentelemetry/api`. */
export interface ContextLike {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): ContextLike;
  deleteValue(key: symbol): ContextLike;
}

/** The part of a span that is used. */
export interface SpanLike {
  setAttributes(attributes: SpanAttributes): unknown;
  addEvent(name: string, time: number): unknown;
  recordException(exception: Error, time: number): unknown;
  setStatus(status: { readonly code: number; readonly message: string }): unknown;
  end(time: number): void;
}

/** The part of `@opentelemetry/api` that is used. The caller passes the module, so this package does not depend on it. */
export interface OpenTelemetryApi {
  readonly context: { active(): ContextLike };
  readonly trace: {
    getTracer(name: string): {
      startSpan(
        name: string,
        options: { readonly startTime: number; readonly attributes: SpanAttributes },
        context: ContextLike,
      ): SpanLike;
    };
    setSpan(context: ContextLike, span: SpanLike): ContextLike;
  };
}

/** What `openTelemetry` adds, and how spans leave this process. */
export interface OpenTelemetryOptions {
  /** Attributes of the span of each restore or checkpoint. */
  readonly attributes?: SpanAttributes;
  /** Sends what an exporter still holds. It is called when a restore or checkpoint has ended, and the command waits for it. */
  readonly flush?: () => Promise<void>;
}

/** Source: SpanStatusCode.ERROR of `@opentelemetry/api`. */
const STATUS_ERROR = 2;

/**
 * Makes a listener, for `onEvent`, that traces restores and checkpoints with OpenTelemetry: a span for each of them, a child for each stage or phase, and
 * a child of a stage for each program that a task runs in it. Failures are recorded. It serves one restore or checkpoint at a time.
 *
 * @param api the module `@opentelemetry/api`. Without a registered provider, nothing is recorded.
 * @example
 * ```ts
 * import { context, trace } from "@opentelemetry/api";
 *
 * onEvent: openTelemetry({ context, trace }, { flush: () => provider.forceFlush() }),
 * ```
 */
export function openTelemetry(
  api: OpenTelemetryApi,
  options: OpenTelemetryOptions = {},
): (event: RestoreEvent | DumpEvent) => void | Promise<void> {
  const { attributes = {}, flush } = knownOptions("openTelemetry", options, { attributes: true, flush: true });
  /** When the first tap ran of what has no span yet. */
  let since: number | undefined;
  let span: Traced | undefined;
  /** The last span that ended. */
  let before: Traced | undefined;
  const start = (name: string, time: number): Traced => {
    span = new Traced(api, name, since ?? time, attributes);
    since = undefined;
    return span;
  };
  const end = (time: number): void | Promise<void> => {
    span?.end(time);
    before = span;
    span = undefined;
    return flush?.();
  };
  return (event) => {
    const { time } = event;
    switch (event.kind) {
      case "tap":
        // Taps of `complete` run after the end.
        if (span === undefined && event.hook !== "complete") since ??= time - event.milliseconds;
        break;
      case "planned": {
        const planned = start("restage restore", time);
        planned.describe({ "restage.tasks": event.tasks });
        const refused = event.findings.filter(({ severity }) => severity === "refused");
        if (refused.length === 0) break;
        // Nothing else is reported by a restore that does not begin.
        planned.refuse(refused.map(({ what, why }) => `${what}: ${why}`));
        return end(time);
      }
      case "stage-started":
        span?.startPart(`stage ${event.stage}`, time, { "restage.stage": event.stage });
        break;
      case "phase-started":
        (span ?? start("restage checkpoint", time)).startPart(`phase ${event.phase}`, time, {
          "restage.phase": event.phase,
        });
        break;
      case "stage-left":
      case "phase-left":
        span?.endPart(time);
        break;
      case "program":
        span?.addProgram(event);
        break;
      case "committed":
        span?.note("committed", time);
        break;
      case "thawed":
        span?.note("thawed", time);
        span?.describe({ "restage.frozen_ms": event.frozen });
        break;
      case "resumed":
        span?.describe({ "process.pid": event.pid, "restage.threads": event.threads });
        return end(time);
      case "saved":
        span?.describe({ "restage.tasks": event.tasks });
        return end(time);
      case "failed": {
        const { error, left } = event;
        if (span === undefined && error.code === "ERR_REFUSED") break;
        if (span === undefined && error.code === "ERR_COMPLETE" && before !== undefined) {
          before.failLate(error, time);
          return flush?.();
        }
        const failed = span ?? start(error.phase === undefined ? "restage restore" : "restage checkpoint", time);
        failed.fail(error, time, left);
        return end(time);
      }
    }
  };
}

/** The spans of one restore or checkpoint. */
class Traced {
  readonly #api: OpenTelemetryApi;
  readonly #tracer: ReturnType<OpenTelemetryApi["trace"]["getTracer"]>;
  readonly #span: SpanLike;
  readonly #context: ContextLike;
  /** The stage or phase that runs. */
  #part: { readonly span: SpanLike; readonly context: ContextLike } | undefined;

  constructor(api: OpenTelemetryApi, name: string, time: number, attributes: SpanAttributes) {
    this.#api = api;
    this.#tracer = api.trace.getTracer("restage");
    const parent = api.context.active();
    this.#span = this.#tracer.startSpan(name, { startTime: sinceEpoch(time), attributes }, parent);
    this.#context = api.trace.setSpan(parent, this.#span);
  }

  describe(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes);
  }

  note(name: string, time: number): void {
    this.#span.addEvent(name, sinceEpoch(time));
  }

  startPart(name: string, time: number, attributes: SpanAttributes): void {
    const span = this.#tracer.startSpan(name, { startTime: sinceEpoch(time), attributes }, this.#context);
    this.#part = { span, context: this.#api.trace.setSpan(this.#context, span) };
  }

  endPart(time: number): void {
    this.#part?.span.end(sinceEpoch(time));
    this.#part = undefined;
  }

  addProgram({ pid, tid, stage, steps, time, milliseconds, failed }: Extract<RestoreEvent, { kind: "program" }>): void {
    const duties = [...new Set(steps.map(({ plugin }) => plugin))];
    const ids: SpanAttributes = pid === undefined ? {} : { "process.pid": pid, "thread.id": tid ?? pid };
    const attributes = { ...ids, "restage.stage": stage, "restage.duties": duties, "restage.calls": steps.length };
    const name = pid === undefined ? "stub" : tid === pid ? "task" : "thread";
    const startTime = sinceEpoch(time - milliseconds);
    const span = this.#tracer.startSpan(name, { startTime, attributes }, this.#part?.context ?? this.#context);
    if (failed) span.setStatus({ code: STATUS_ERROR, message: `its program in ${stage} failed` });
    span.end(sinceEpoch(time));
  }

  refuse(findings: string[]): void {
    this.#span.setAttributes({ "error.type": "ERR_REFUSED", "restage.findings": findings });
    this.#span.setStatus({ code: STATUS_ERROR, message: `refused: ${findings.join("; ")}` });
  }

  fail(error: RestoreError, time: number, left: readonly string[]): void {
    if (left.length > 0) this.describe({ "restage.not_undone": [...left] });
    for (const span of [this.#part?.span, this.#span]) if (span !== undefined) record(span, error, time);
  }

  /** Records a failure after the commit, when the span has ended: the tree runs. */
  failLate(error: RestoreError, time: number): void {
    const options = { startTime: sinceEpoch(time), attributes: {} };
    const span = this.#tracer.startSpan("after the commit", options, this.#context);
    record(span, error, time);
    span.end(sinceEpoch(time));
  }

  end(time: number): void {
    this.endPart(time);
    this.#span.end(sinceEpoch(time));
  }
}

function record(span: SpanLike, error: RestoreError, time: number): void {
  const { code, pid, plugin } = error;
  span.setAttributes({
    "error.type": code,
    ...(pid === undefined ? {} : { "restage.failed_pid": pid }),
    ...(plugin === undefined ? {} : { "restage.failed_duty": plugin }),
  });
  span.recordException(error, sinceEpoch(time));
  span.setStatus({ code: STATUS_ERROR, message: error.summary });
}

/** Times of events are those of performance.now(). */
function sinceEpoch(time: number): number {
  return performance.timeOrigin + time;
}
