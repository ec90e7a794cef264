import { writeSync } from "node:fs";
import type { RecordedStep, RestoreEvent } from "@restage/core";
import { printStep } from "@restage/core/internal";
import { errnoName } from "@restage/linux/abi";
import { openOwnFile } from "../own-file.ts";
import { counted } from "./counted.ts";
import { findingWithHint } from "./finding-text.ts";
import type { Reporter } from "./report.ts";

/** The verbosity from which something is logged: CRIU's levels. */
const LEVEL = { ERROR: 1, WARNING: 2, INFO: 3, DEBUG: 4 } as const;

interface Line {
  readonly level: number;
  readonly text: string;
}

/** Writes a plain log: seconds since the start, stage, task, what happened. */
export function logTo(fd: number, verbosity: number, { withErrors }: { readonly withErrors: boolean }): Reporter {
  const start = performance.now();
  const lowest = withErrors ? LEVEL.ERROR : LEVEL.WARNING;
  const listener = (event: RestoreEvent): void => {
    if (levelOf(event) > verbosity) return;
    const seconds = ((event.time - start) / 1000).toFixed(6).padStart(9, "0");
    const lines = linesOf(event).filter(({ level }) => lowest <= level && level <= verbosity);
    if (lines.length > 0) writeSync(fd, lines.map(({ text }) => `(${seconds}) ${text}\n`).join(""));
  };
  return { name: "the log", listener };
}

/** Writes what each task does to a file of its own, named after the log and the pid. */
export function logEachTask(path: string, verbosity: number): Reporter {
  const logs = new Map<number, Reporter>();
  const listener = (event: RestoreEvent): void => {
    if (event.kind !== "program" || event.pid === undefined) return;
    const log = logs.get(event.pid) ?? logTo(openOwnFile(`${path}.${event.pid}`), verbosity, { withErrors: true });
    logs.set(event.pid, log);
    log.listener(event);
  };
  return { name: "the logs of tasks", listener };
}

/** The lowest level at which an event is logged. */
function levelOf({ kind }: RestoreEvent): number {
  if (kind === "program") return LEVEL.DEBUG;
  return kind === "failed" || kind === "planned" ? LEVEL.ERROR : LEVEL.INFO;
}

function linesOf(event: RestoreEvent): readonly Line[] {
  switch (event.kind) {
    case "planned":
      return event.findings.map((finding) => {
        const level = finding.severity === "warning" ? LEVEL.WARNING : LEVEL.ERROR;
        return { level, text: `${finding.severity}: ${findingWithHint(finding)}` };
      });
    case "stage-started":
      return [info(`${event.stage}: started for ${counted(event.participants, "task")}`)];
    case "stage-left":
      return [info(`${event.stage}: confirmed by all after ${event.milliseconds.toFixed(3)} ms`)];
    case "program":
      return event.steps.map((step) => {
        const text = `${event.stage}: ${event.target}: ${step.plugin}: ${printStep(step)}${printResult(step)}`;
        return { level: LEVEL.DEBUG, text };
      });
    case "committed":
      return [info("committed")];
    case "resumed":
      return [info(`${counted(event.threads, "thread")} resumed; the root task is ${event.pid}`)];
    case "failed":
      return [event.error.describe(), ...event.left.map((left) => `left: ${left}`)].map((text) => {
        return { level: LEVEL.ERROR, text };
      });
    case "left-out":
      return [info(`${event.hook}: left out in a dry run: ${event.taps.join(", ")}`)];
    case "tap":
      return [];
  }
}

function info(text: string): Line {
  return { level: LEVEL.INFO, text };
}

/** Prints a result like strace: addresses in hexadecimal, errors by name. */
function printResult(step: RecordedStep): string {
  if (step.kind !== "syscall" || step.result === undefined) return "";
  const { result } = step;
  if (result < 0 && result >= -4095) return ` = ${result} ${errnoName(-result)}`;
  return ` = ${result > 0xffff_ffff ? `0x${result.toString(16)}` : result}`;
}
