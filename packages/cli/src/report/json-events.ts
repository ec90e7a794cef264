import type { RestoreEvent } from "@restage/core";
import { eventToJson } from "@restage/core/internal";
import { print } from "./print.ts";

/** Prints an event as a line of JSON. Taps are left out: they are for those who measure plugins, with `--trace`. */
export function printEvent(event: RestoreEvent): void {
  if (event.kind !== "tap") printObject(eventToJson(event));
}

/** Prints an object as a line of JSON. */
export function printObject(value: object): void {
  print(`${JSON.stringify(value)}\n`);
}
