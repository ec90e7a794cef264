import { closeSync, writeSync } from "node:fs";
import { ChromeTrace } from "@restage/core/internal";
import type { Reporter } from "./report.ts";

/** Writes a timeline at the end of the restore. */
export function traceTo(fd: number): Reporter {
  const trace = new ChromeTrace();
  const end = (): void => {
    writeSync(fd, trace.toString());
    closeSync(fd);
  };
  return { name: "the trace", listener: trace.listener, end };
}
