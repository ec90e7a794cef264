import { writeSync } from "node:fs";

/** Tells the caller that something is ready, as `--status-fd` asks: a zero byte. */
export function tellReady(descriptor: number | undefined): void {
  if (descriptor !== undefined) writeSync(descriptor, "\0");
}
