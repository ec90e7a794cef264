import { writeFileSync } from "node:fs";
import { ChromeTrace, eventToJson, type RestoreListener } from "@restage/core";
import { inWorkDirectory, type RestoreFlags } from "../options/restore-options.ts";
import { logReport } from "./log.ts";
import { terminalReport } from "./terminal.ts";

/** CRIU's own default. */
const DEFAULT_VERBOSITY = 2;

/** All who are told what happens, as the flags ask; `finish` writes what is written at the end. */
export interface Listeners {
  readonly listener: RestoreListener;
  finish(): void;
}

export function createListeners(flags: RestoreFlags): Listeners {
  const listeners: RestoreListener[] = [];
  const trace = flags.trace === undefined ? undefined : new ChromeTrace();
  if (trace !== undefined) listeners.push(trace.listener);
  if (flags.json === true) listeners.push((event) => void process.stdout.write(`${JSON.stringify(eventToJson(event), printable)}\n`));
  else if (process.stdout.isTTY === true) listeners.push(terminalReport(process.stdout));
  const verbosity = Number(flags.verbosity === true ? 4 : (flags.verbosity ?? DEFAULT_VERBOSITY));
  if (flags.logFile !== undefined) listeners.push(logReport(inWorkDirectory(flags, flags.logFile), verbosity));
  else if (flags.verbosity !== undefined && flags.json !== true) listeners.push(logReport(undefined, verbosity));
  return {
    listener: (event) => {
      for (const listener of listeners) listener(event);
    },
    finish() {
      if (trace !== undefined && flags.trace !== undefined) writeFileSync(inWorkDirectory(flags, flags.trace), trace.toString());
    },
  };
}

/** JSON has no bigint. */
function printable(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
