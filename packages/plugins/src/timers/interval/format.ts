import { words } from "@restage/core";
import type { ItimerEntry } from "@restage/images";
import { ITIMER } from "@restage/linux/abi";

/** `which` of getitimer(2) and setitimer(2) for each timer of the image. */
export const INTERVAL_TIMERS = [
  ["real", ITIMER.REAL],
  ["virt", ITIMER.VIRTUAL],
  ["prof", ITIMER.PROF],
] as const;

/**
 * Makes struct itimerval (interval, then value) from the image. A timer with an interval whose value is 0 was about to expire: it gets the whole
 * interval, because 0 would disarm it.
 */
export function encodeTimer({ isec, iusec, vsec, vusec }: ItimerEntry) {
  return vsec === 0n && vusec === 0n ? words(isec, iusec, isec, iusec) : words(isec, iusec, vsec, vusec);
}

/** Makes the image from struct itimerval. */
export function decodeTimer(bytes: Uint8Array): ItimerEntry {
  const [isec = 0n, iusec = 0n, vsec = 0n, vusec = 0n] = new BigUint64Array(bytes.slice().buffer);
  return { isec, iusec, vsec, vusec };
}

const UNARMED = { isec: 0n, iusec: 0n, vsec: 0n, vusec: 0n };

/** The timers of a task that has armed none. */
export const NO_TIMERS = { real: UNARMED, virt: UNARMED, prof: UNARMED } as const;

export function isArmed({ isec, iusec, vsec, vusec }: ItimerEntry): boolean {
  return isec !== 0n || iusec !== 0n || vsec !== 0n || vusec !== 0n;
}
