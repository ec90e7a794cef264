import type { TimensEntry, Timespec } from "@restage/images";

export const SECOND = 1_000_000_000n;

/** The clocks that a time namespace shifts: their field in the image, and their name and number in timens_offsets. Source: time_namespaces(7). */
export const CLOCKS = [
  { field: "monotonic", clock: "CLOCK_MONOTONIC", number: 1 },
  { field: "boottime", clock: "CLOCK_BOOTTIME", number: 7 },
] as const;

export type ClockField = keyof TimensEntry & (typeof CLOCKS)[number]["field"];

/** Nanoseconds by clock. */
export type ClockTimes = Readonly<Record<ClockField, bigint>>;

/** Calculates the time of each clock. */
export function timesOf(timeOf: (clock: (typeof CLOCKS)[number]) => bigint): ClockTimes {
  return Object.fromEntries(CLOCKS.map((each) => [each.field, timeOf(each)])) as Record<ClockField, bigint>;
}

/**
 * The offsets of /proc/PID/timens_offsets, from lines `CLOCK SECONDS NANOSECONDS`; the clock is a name or a number. Zero where a line is missing: the
 * kernel can be built without time namespaces.
 */
export function parseOffsets(text: string): ClockTimes {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  return timesOf(({ field, number }) => {
    const [, seconds = "0", nanoseconds = "0"] = lines.find(([id]) => id === field || id === String(number)) ?? [];
    return BigInt(seconds) * SECOND + BigInt(nanoseconds);
  });
}

/** The lines that /proc/PID/timens_offsets accepts: nanoseconds count upwards from the second below. */
export function printOffsets(offsets: ClockTimes): string {
  const lines = CLOCKS.map(({ field, number }) => {
    const { tv_sec, tv_nsec } = toTimespec(offsets[field]);
    return `${number} ${tv_sec} ${tv_nsec}\n`;
  });
  return lines.join("");
}

export function fromTimespec({ tv_sec, tv_nsec }: Timespec): bigint {
  return tv_sec * SECOND + tv_nsec;
}

export function toTimespec(nanoseconds: bigint): Timespec {
  const tv_nsec = ((nanoseconds % SECOND) + SECOND) % SECOND;
  return { tv_sec: (nanoseconds - tv_nsec) / SECOND, tv_nsec };
}
