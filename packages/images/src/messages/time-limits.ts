/**
 * What fields of times are less than.
 *
 * @module
 */

/** A second, in microseconds. */
export const MICROSECONDS = 1_000_000n;
/** A second, in nanoseconds. */
export const NANOSECONDS = 1_000_000_000n;
/** The kernel's ktime_t counts nanoseconds in 63 bits: about 292 years. */
export const SECONDS = 2n ** 63n / NANOSECONDS + 1n;
/** The kernel sets no clock to more than half of that. */
export const CLOCK_SECONDS = SECONDS / 2n;
