import { readFileSync } from "node:fs";
import { RestoreError } from "@restage/core";

/** A timeline that `--trace` of a restore or checkpoint wrote. Times are in milliseconds from its beginning. */
export interface Trace {
  readonly milliseconds: number;
  readonly rows: readonly TraceRow[];
  readonly moments: readonly TraceMoment[];
}

export interface TraceMoment {
  readonly name: string;
  readonly time: number;
  /** The message of an error. */
  readonly failure: string | undefined;
}

export interface TraceRow {
  readonly name: string;
  readonly spans: readonly TraceSpan[];
}

export interface TraceSpan {
  readonly name: string;
  readonly category: string;
  readonly start: number;
  readonly milliseconds: number;
  readonly failed: boolean;
  readonly duties: readonly string[];
}

/** The members of Chrome's trace events that are shown. */
interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: {
    readonly name?: unknown;
    readonly duties?: unknown;
    readonly failed?: unknown;
    readonly error?: unknown;
  };
}

/** Reads what `--trace` wrote. Throws ERR_OPTION. */
export function readTrace(path: string): Trace {
  const events = eventsOf(path);
  // A large checkpoint has more events than a call can have arguments.
  const first = events.reduce(
    (least, { ph, ts }) => (ph === "M" ? least : Math.min(least, ts)),
    Number.POSITIVE_INFINITY,
  );
  const spans = events.filter(({ ph }) => ph === "X");
  const last = events.reduce((most, { ts, dur = 0 }) => Math.max(most, ts + dur), 0);
  if (spans.length === 0) throw unreadable(path, "it has no spans");
  const names = new Map(events.filter(({ ph }) => ph === "M").map((event) => [keyOf(event), String(event.args?.name)]));
  const rows = new Map<string, { name: string; spans: TraceSpan[] }>();
  for (const span of spans) {
    const key = `${span.pid}/${span.tid}`;
    const row = rows.get(key) ?? {
      name: names.get(key) ?? (span.cat === "tap" ? "plugins" : `task ${span.pid}`),
      spans: [],
    };
    row.spans.push(spanOf(span, first));
    rows.set(key, row);
  }
  const order = [...rows].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  const moments = events.filter(({ ph }) => ph === "i").map((event) => momentOf(event, first));
  return { milliseconds: (last - first) / 1000, rows: order.map(([, row]) => row), moments };
}

function keyOf({ name, pid, tid }: TraceEvent): string {
  return name === "thread_name" ? `${pid}/${tid}` : `${pid}`;
}

function spanOf({ name, cat = "", ts, dur = 0, args = {} }: TraceEvent, first: number): TraceSpan {
  const duties = Array.isArray(args.duties) ? args.duties.map(String) : [];
  return {
    ...{ name, category: cat, start: (ts - first) / 1000, milliseconds: dur / 1000 },
    ...{ failed: args.failed === true, duties },
  };
}

function momentOf({ name, ts, args }: TraceEvent, first: number): TraceMoment {
  const error = args?.error as { readonly message?: unknown } | undefined;
  return { name, time: (ts - first) / 1000, failure: error?.message === undefined ? undefined : String(error.message) };
}

function eventsOf(path: string): readonly TraceEvent[] {
  let trace: { readonly traceEvents?: unknown };
  try {
    trace = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw unreadable(path, (error as Error).message, error);
  }
  const events = trace?.traceEvents;
  if (!Array.isArray(events) || !events.every(isEvent)) throw unreadable(path, "it has no trace events");
  return events;
}

function isEvent(event: Partial<TraceEvent> | null): boolean {
  return typeof event?.name === "string" && [event.ts, event.pid, event.tid, event.dur ?? 0].every(Number.isFinite);
}

function unreadable(path: string, why: string, cause?: unknown): RestoreError {
  return new RestoreError("ERR_OPTION", `Cannot read the trace ${path}: ${why}`, {
    hint: "pass a file that `restage restore --trace FILE` or `restage checkpoint --trace FILE` wrote",
    cause,
  });
}
