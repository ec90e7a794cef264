import * as api from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { type DumpEvent, definePlugin, type Plugin, RestoreError, type RestoreEvent } from "@restage/core";
import { rehearse, rehearseDump } from "@restage/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OpenTelemetryOptions, openTelemetry } from "../../src/mod.ts";

const exporter = new InMemorySpanExporter();

beforeEach(() => {
  api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
});
afterEach(() => {
  exporter.reset();
  api.trace.disable();
});

/** The spans of some events. */
function spansOf(
  events: readonly (RestoreEvent | DumpEvent)[],
  options?: OpenTelemetryOptions,
): readonly ReadableSpan[] {
  const listener = openTelemetry(api, options);
  for (const event of events) void listener(event);
  return exporter.getFinishedSpans();
}

function restoreEvents(plugins: readonly Plugin[] = []) {
  return rehearse({ plugins, task: { pid: 7, children: [{ pid: 8 }] } });
}

function find(spans: readonly ReadableSpan[], name: string): ReadableSpan {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`No span ${name} in ${spans.map((span) => span.name)}`);
  return found;
}

function parentOf(spans: readonly ReadableSpan[], child: ReadableSpan): string | undefined {
  return spans.find((span) => span.spanContext().spanId === child.parentSpanContext?.spanId)?.name;
}

const milliseconds = ([seconds, nanoseconds]: readonly [number, number]) => seconds * 1000 + nanoseconds / 1e6;

describe("openTelemetry", () => {
  it("traces a restore, its stages, and the programs of its tasks", async () => {
    const forking = definePlugin({
      name: "umask",
      apply: ({ stages }) => stages.RESTORE.task.tap("umask", (task) => void task.call.umask(0o77)),
    });
    const spans = spansOf((await restoreEvents([forking])).events, { attributes: { job: "nightly" } });
    const root = find(spans, "restage restore");
    expect(root.parentSpanContext).toBeUndefined();
    expect(root.attributes).toMatchObject({ job: "nightly", "restage.tasks": 2, "process.pid": 7 });
    expect(root.status.code).toBe(api.SpanStatusCode.UNSET);
    expect(root.events.map(({ name }) => name)).toEqual(["committed"]);
    const stages = spans.filter(({ name }) => name.startsWith("stage "));
    expect(stages).toHaveLength(7);
    expect(new Set(stages.map((stage) => parentOf(spans, stage)))).toEqual(new Set(["restage restore"]));
    const tasks = spans.filter(({ name, attributes }) => name === "task" && attributes["restage.stage"] === "RESTORE");
    expect(tasks.map((task) => [task.attributes["process.pid"], parentOf(spans, task)])).toEqual([
      [7, "stage RESTORE"],
      [8, "stage RESTORE"],
    ]);
    expect(tasks[0]?.attributes["restage.duties"]).toContain("umask");
    for (const span of spans) {
      expect(milliseconds(span.startTime)).toBeGreaterThanOrEqual(milliseconds(root.startTime));
      expect(milliseconds(span.endTime)).toBeLessThanOrEqual(milliseconds(root.endTime));
    }
  });

  it("traces a checkpoint and its phases", async () => {
    const { events } = await rehearseDump({ plugins: [], task: { pid: 7 } });
    const spans = spansOf(events);
    const root = find(spans, "restage checkpoint");
    expect(root.attributes).toMatchObject({ "restage.tasks": 1, "restage.frozen_ms": expect.any(Number) });
    expect(spans.filter((span) => parentOf(spans, span) === "restage checkpoint").map(({ name }) => name)).toEqual([
      "phase seize",
      "phase inspect",
      "phase query",
      "phase collect",
      "phase write",
      "phase resume",
    ]);
  });

  it("records a failure in its stage and in the restore", async () => {
    const failing = definePlugin({
      name: "failing",
      apply: ({ stages }) =>
        stages.RESTORE.leave.tap("failing", () => {
          throw new Error("on purpose");
        }),
    });
    const spans = spansOf((await restoreEvents([failing])).events);
    for (const name of ["stage RESTORE", "restage restore"]) {
      const { status, attributes, events } = find(spans, name);
      expect(status).toMatchObject({ code: api.SpanStatusCode.ERROR, message: expect.stringContaining("on purpose") });
      expect(attributes).toMatchObject({ "error.type": "ERR_PLUGIN", "restage.failed_duty": "failing" });
      expect(events.find((event) => event.name === "exception")?.attributes).toMatchObject({
        "exception.message": expect.stringContaining("on purpose"),
      });
    }
    expect(find(spans, "stage FORKING").status.code).toBe(api.SpanStatusCode.UNSET);
  });

  it("records the findings of a restore that is refused, once", async () => {
    const refusing = definePlugin({
      name: "refusing",
      apply: ({ plan }) => plan.tap("refusing", (found) => found.refuse({ what: "the tree", why: "on purpose" })),
    });
    const { events, error } = await restoreEvents([refusing]);
    if (error === undefined) throw new Error("It was not refused");
    // The command tells of it too.
    const spans = spansOf([...events, { kind: "failed", time: performance.now(), error, left: [] }]);
    expect(spans).toHaveLength(1);
    expect(spans[0]?.status).toMatchObject({
      code: api.SpanStatusCode.ERROR,
      message: "refused: the tree: on purpose",
    });
  });

  it("records failures before the plan and after the commit", async () => {
    const failed = (code: "ERR_IMAGE" | "ERR_COMPLETE"): RestoreEvent => {
      return { kind: "failed", time: performance.now(), error: new RestoreError(code, "on purpose"), left: [] };
    };
    const { events } = await restoreEvents();
    const spans = spansOf([failed("ERR_IMAGE"), ...events, failed("ERR_COMPLETE")]);
    const roots = spans.filter(({ name }) => name === "restage restore");
    expect(roots.map(({ status }) => status.code)).toEqual([api.SpanStatusCode.ERROR, api.SpanStatusCode.UNSET]);
    const late = find(spans, "after the commit");
    expect(late.attributes["error.type"]).toBe("ERR_COMPLETE");
    expect(late.parentSpanContext?.spanId).toBe(roots[1]?.spanContext().spanId);
  });

  it("flushes at the end of each restore", async () => {
    const flushed: string[] = [];
    const flush = async () => void flushed.push(exporter.getFinishedSpans().at(-1)?.name ?? "nothing");
    const { events } = await restoreEvents();
    spansOf([...events, ...events], { flush });
    expect(flushed).toEqual(["restage restore", "restage restore"]);
  });
});
