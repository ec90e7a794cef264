import { CLOSE_RANGE } from "../abi/close-range.ts";
import { PR } from "../abi/prctl.ts";
import type { Step } from "../program/program.ts";
import { addressOf, LAST_DESCRIPTOR, syscallStep } from "../program/steps.ts";
import type { CopyQuery } from "../seizer.ts";
import { sayAndSleep } from "./say-and-sleep.ts";

/** How long a copy waits until this process traces it, in milliseconds. Then it ends: this process has been killed. */
export const PATIENCE_OF_COPY = 5000;

/**
 * What the copy of a process does: it lets go of everything but private memory, so that nothing in the process's surroundings depends on it. It leaves the
 * process group, which gets signals as a whole. It is no thread's business any more, and can be killed at any moment.
 */
export function programOfCopy({ unwanted }: Pick<CopyQuery, "unwanted">, ready: number): readonly Step[] {
  return [
    syscallStep("close_range", 0, LAST_DESCRIPTOR, CLOSE_RANGE.UNSHARE),
    syscallStep("setsid"),
    syscallStep("chdir", addressOf(text("/"))),
    syscallStep("prctl", PR.SET_NAME, addressOf(text("restage-copy")), 0, 0, 0),
    ...unwanted.map(({ start, end }) => syscallStep("munmap", start, end - start)),
    ...sayAndSleep(ready, PATIENCE_OF_COPY),
    syscallStep("exit_group", 0),
  ];
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}
