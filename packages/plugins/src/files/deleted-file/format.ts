import type { GhostFileEntry } from "@restage/images";

/** A time as images store it: seconds, and microseconds of the second. */
export type ImageTime = NonNullable<GhostFileEntry["atim"]>;

const SECOND = 1_000_000_000n;
const MICROSECOND = 1000n;

/** Nanoseconds since 1970 as images store them. Images keep microseconds only. */
export function timeToImage(nanoseconds: bigint): ImageTime {
  // Before 1970, the seconds are negative, and the microseconds still count upwards.
  const rest = ((nanoseconds % SECOND) + SECOND) % SECOND;
  return { tv_sec: BigInt.asUintN(64, (nanoseconds - rest) / SECOND), tv_usec: rest / MICROSECOND };
}

/** The fields of struct timespec: seconds, and nanoseconds of the second. */
export function timeFromImage({ tv_sec, tv_usec }: ImageTime): readonly [bigint, bigint] {
  return [BigInt.asIntN(64, tv_sec), tv_usec * MICROSECOND];
}
