import { taskName } from "@restage/linux/abi";
import type { DumpEvent, RestoreEvent } from "../events.ts";
import { printProgram } from "../program/print-program.ts";

/** An event of Chrome's trace format; times in microseconds. Source: "Trace Event Format", Catapult project. */
interface TraceEvent {
  readonly name: string;
  readonly cat?: string;
  /** X: a span, i: an instant, M: a name for a row. */
  readonly ph: "X" | "i" | "M";
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly s?: "g";
  readonly args: Readonly<Record<string, unknown>>;
}

/** Process and thread ids in the timeline for the coordinator, and for its rows; tasks have their pids. */
const COORDINATOR = 0;
const ROW = { STAGES: 0, STUB: 1, TAPS: 2 } as const;

/** Collects what happens into a timeline for Perfetto or chrome://tracing: stages or phases, programs of tasks, taps of plugins. */
export class ChromeTrace {
  readonly #start = performance.now();
  readonly #events: TraceEvent[] = [];
  /** Rows that have been named, by process and thread id: each must be named once. */
  readonly #named = new Set<string>();
  /** Laid out at the end: taps that wait for programs overlap, and spans of one row must not. */
  readonly #taps: { readonly ts: number; readonly dur: number; readonly name: string }[] = [];

  readonly listener = (event: RestoreEvent | DumpEvent): void => {
    switch (event.kind) {
      case "stage-left":
        this.#nameRow(COORDINATOR, ROW.STAGES, "coordinator", "stages");
        this.#span(event.stage, "stage", event, COORDINATOR, ROW.STAGES, {});
        break;
      case "phase-left":
        this.#nameRow(COORDINATOR, ROW.STAGES, "coordinator", "phases");
        this.#span(event.phase, "phase", event, COORDINATOR, ROW.STAGES, {});
        break;
      case "program":
        this.#addProgram(event);
        break;
      case "tap":
        this.#taps.push({ name: `${event.plugin}: ${event.hook}`, ...this.#extent(event) });
        break;
      case "failed":
        this.#instant(`failed: ${event.error.code}`, event.time, { error: event.error.toJSON(), left: event.left });
        break;
      case "planned":
        this.#instant("planned", event.time, { tasks: event.tasks, findings: event.findings });
        break;
      case "committed":
      case "resumed":
      case "thawed":
      case "saved":
        this.#instant(event.kind, event.time, {});
        break;
    }
  };

  /** The timeline as JSON text. */
  toString(): string {
    return JSON.stringify({ traceEvents: [...this.#events, ...this.#layTaps()], displayTimeUnit: "ms" });
  }

  #addProgram(event: Extract<RestoreEvent, { kind: "program" }>): void {
    const { pid = COORDINATOR, tid = ROW.STUB, target, stage, steps, failed } = event;
    this.#nameRow(
      pid,
      tid,
      pid === COORDINATOR ? "coordinator" : tid === pid ? target : taskName(pid, undefined),
      target,
    );
    const duties = [...new Set(steps.map(({ plugin }) => plugin))];
    // All calls of all tasks would be too much for a viewer, but the calls of a failed program are what a reader looks for.
    const calls = failed ? printProgram(steps) : steps.length;
    this.#span(stage, "program", event, pid, tid, { duties, calls, failed });
  }

  /** Places each tap in the first row that is free when it begins. */
  #layTaps(): readonly TraceEvent[] {
    const ends: number[] = [];
    const inOrder = [...this.#taps].sort((a, b) => a.ts - b.ts);
    return inOrder.map(({ name, ts, dur }) => {
      const free = ends.findIndex((end) => end <= ts);
      const row = free < 0 ? ends.length : free;
      ends[row] = ts + dur;
      return { name, cat: "tap", ph: "X", ts, dur, pid: COORDINATOR, tid: ROW.TAPS + row, args: {} };
    });
  }

  #nameRow(pid: number, tid: number, process: string, thread: string): void {
    for (const [id, kind, name] of [
      [`${pid}`, "process_name", process],
      [`${pid}/${tid}`, "thread_name", thread],
    ] as const) {
      if (this.#named.has(id)) continue;
      this.#named.add(id);
      this.#events.push({ name: kind, ph: "M", ts: 0, pid, tid, args: { name } });
    }
  }

  #span(
    name: string,
    cat: string,
    event: { readonly time: number; readonly milliseconds: number },
    pid: number,
    tid: number,
    args: Readonly<Record<string, unknown>>,
  ): void {
    this.#events.push({ name, cat, ph: "X", ...this.#extent(event), pid, tid, args });
  }

  #instant(name: string, time: number, args: Readonly<Record<string, unknown>>): void {
    const ts = this.#microseconds(time);
    this.#events.push({ name, cat: "restore", ph: "i", ts, pid: COORDINATOR, tid: ROW.STAGES, s: "g", args });
  }

  /** Events are emitted at the end of what they report. */
  #extent({ time, milliseconds }: { readonly time: number; readonly milliseconds: number }) {
    return { ts: this.#microseconds(time - milliseconds), dur: milliseconds * 1000 };
  }

  #microseconds(time: number): number {
    return (time - this.#start) * 1000;
  }
}
