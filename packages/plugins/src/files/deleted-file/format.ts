import type { GhostFileEntry } from "@restage/images";

/** A time as images store it: seconds, and microseconds of the second. */
export type ImageTime = NonNullable<GhostFileEntry["atim"]>;

const SECOND = 1_000_000_000n;
const MICROSECOND = 1000n;

/** Nanoseconds since 1970 as images store them. Images keep microseconds only. */
export function timeToImage(nanoseconds: bigint): ImageTime {
  return { tv_sec: nanoseconds / SECOND, tv_usec: (nanoseconds % SECOND) / MICROSECOND };
}

/** The fields of struct timespec: seconds, and nanoseconds of the second. */
export function timeFromImage({ tv_sec, tv_usec }: ImageTime): readonly [bigint, bigint] {
  return [tv_sec, tv_usec * MICROSECOND];
}
