import type { Entry } from "@restage/images";

/** What a pipe or fifo holds. */
export interface PipeContent {
  readonly bytes: Uint8Array;
  /** Bytes that fit in; undefined in images of older versions of CRIU. */
  readonly capacity: number | undefined;
  /** The bytes of each packet. A pipe that is not in packet mode has none. */
  readonly packets?: readonly number[];
}

type ContentEntry = Entry<"pipes_data" | "fifo_data">;

/** The entry of pipes-data.img or fifo-data.img. */
export function contentToImage(pipe_id: number, { bytes, capacity }: PipeContent) {
  const size = capacity === undefined ? {} : { size: capacity };
  return { value: { pipe_id, bytes: bytes.length, ...size }, extra: bytes };
}

/** The contents of one pipe: several entries, if the checkpoint has several. */
export function contentsFromImage(entries: readonly ContentEntry[], pipe_id: number): readonly PipeContent[] {
  return entries
    .filter(({ value }) => value.pipe_id === pipe_id)
    .map(({ value, extra }) => ({ bytes: extra, capacity: value.size }));
}
