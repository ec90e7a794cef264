import type { RestoreEvent } from "../events.ts";
import { printProgram } from "../program/print-program.ts";

/** An event as plain data for `--json`: programs as printed lines, errors with everything that is known. */
export function eventToJson(event: RestoreEvent): Record<string, unknown> {
  if (event.kind === "program") {
    const { steps, ...rest } = event;
    return { ...rest, program: printProgram(steps) };
  }
  if (event.kind === "failed") return { ...event, error: event.error.toJSON() };
  return { ...event };
}
