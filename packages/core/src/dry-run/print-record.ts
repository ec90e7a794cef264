import { printProgram, printStep } from "../program/print-program.ts";
import type { KernelRecord } from "./kernel-record.ts";

/** What the coordinator would do itself; undefined for programs of tasks, which come as events that name their plugins. */
export function printRecord(record: KernelRecord): string | undefined {
  switch (record.kind) {
    case "host-call":
      return printStep(record.step);
    case "host-write":
      return `write ${JSON.stringify(record.text)} to ${record.path}`;
    case "push-undo":
      return `undo: ${printProgram(record.steps).join("; ")}`;
    default:
      return undefined;
  }
}
