import { appendFileSync, writeFileSync } from "node:fs";
import { printStep, type RestoreEvent, type RestoreListener } from "@restage/core";

/** What a level of `-v` adds: 1 errors, 2 warnings, 3 stages, 4 every call with its result. */
const LEVEL = { ERROR: 1, WARNING: 2, INFO: 3, DEBUG: 4 } as const;

/** A plain log: seconds since the start, stage, task, what happened. Without a file, standard error. */
export function logReport(file: string | undefined, verbosity: number): RestoreListener {
  const start = performance.now();
  if (file !== undefined) writeFileSync(file, "");
  const write = (time: number, text: string) => {
    const line = `(${((time - start) / 1000).toFixed(6)}) ${text}\n`;
    if (file === undefined) process.stderr.write(line);
    else appendFileSync(file, line);
  };
  return (event) => {
    for (const { level, text } of linesOf(event)) if (level <= verbosity) write(event.time, text);
  };
}

function linesOf(event: RestoreEvent): readonly { readonly level: number; readonly text: string }[] {
  switch (event.kind) {
    case "planned":
      return event.findings.map(({ severity, what, why }) => ({
        level: severity === "warning" ? LEVEL.WARNING : LEVEL.ERROR,
        text: `${severity}: ${what}: ${why}`,
      }));
    case "stage-started":
      return [{ level: LEVEL.INFO, text: `${event.stage}: started for ${event.participants} tasks` }];
    case "stage-left":
      return [{ level: LEVEL.INFO, text: `${event.stage}: confirmed after ${event.milliseconds.toFixed(3)} ms` }];
    case "program":
      return event.steps.map((step) => {
        const result = step.kind === "syscall" && step.result !== undefined ? ` = ${step.result}` : "";
        return { level: LEVEL.DEBUG, text: `${event.stage}: ${event.target}: ${step.plugin}: ${printStep(step)}${result}` };
      });
    case "committed":
      return [{ level: LEVEL.INFO, text: "committed" }];
    case "resumed":
      return [{ level: LEVEL.INFO, text: `resumed ${event.threads} threads; root task ${event.pid}` }];
    case "failed":
      return [event.error.describe(), ...event.left].map((text) => ({ level: LEVEL.ERROR, text }));
    case "tap":
      return [];
  }
}
