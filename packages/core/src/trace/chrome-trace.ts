import type { RestoreEvent, RestoreListener } from "../events.ts";

/** An event of Chrome's trace format, in microseconds. Source: "Trace Event Format", Catapult project. */
interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  /** X: a span, i: an instant. */
  readonly ph: "X" | "i";
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly s?: "g";
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Rows of the timeline: the coordinator is process 0. */
const COORDINATOR = 0;
const STAGES_ROW = 0;
const TAPS_ROW = 1;

/** Collects what happens into a timeline for chrome://tracing or Perfetto: stages, programs of tasks, taps of plugins. */
export class ChromeTrace {
  readonly #events: TraceEvent[] = [];
  readonly #start = performance.now();

  readonly listener: RestoreListener = (event) => {
    const traced = this.#trace(event);
    if (traced !== undefined) this.#events.push(traced);
  };

  /** The timeline as JSON text. */
  toString(): string {
    return JSON.stringify({ traceEvents: this.#events, displayTimeUnit: "ms" });
  }

  #trace(event: RestoreEvent): TraceEvent | undefined {
    switch (event.kind) {
      case "stage-left":
        return this.#span(event.stage, "stage", event.time, event.milliseconds, COORDINATOR, STAGES_ROW);
      case "program": {
        const calls = event.steps.map((step) => (step.kind === "syscall" ? step.name : step.kind));
        const args = { calls: calls.length, first: calls[0], failed: event.failed };
        return this.#span(event.stage, "program", event.time, event.milliseconds, event.pid ?? 1, event.tid ?? 1, args);
      }
      case "tap":
        return this.#span(
          `${event.plugin} (${event.hook})`,
          "tap",
          event.time,
          event.milliseconds,
          COORDINATOR,
          TAPS_ROW,
        );
      case "failed":
        return this.#instant(`failed: ${event.error.code}`, event.time, { message: event.error.message });
      case "planned":
      case "committed":
      case "resumed":
        return this.#instant(event.kind, event.time, {});
      case "stage-started":
        return undefined;
    }
  }

  #span(
    name: string,
    cat: string,
    end: number,
    milliseconds: number,
    pid: number,
    tid: number,
    args: Readonly<Record<string, unknown>> = {},
  ): TraceEvent {
    return { name, cat, ph: "X", ts: this.#microseconds(end - milliseconds), dur: milliseconds * 1000, pid, tid, args };
  }

  #instant(name: string, time: number, args: Readonly<Record<string, unknown>>): TraceEvent {
    return {
      name,
      cat: "restore",
      ph: "i",
      ts: this.#microseconds(time),
      pid: COORDINATOR,
      tid: STAGES_ROW,
      s: "g",
      args,
    };
  }

  #microseconds(time: number): number {
    return (time - this.#start) * 1000;
  }
}
