/** Where lazy pages come from. */
export interface PageSource {
  /** A descriptor that can be read when pages have arrived; undefined if they are here at once. */
  readonly descriptor: number | undefined;
  /** Asks for pages of a task at the checkpoint. The first of them is urgent. */
  request(pid: number, image: number, length: number, arrived: Arrived): void;
  /** Takes what has arrived. */
  receive(): void;
  /** Milliseconds until waiting is over; undefined when nothing is awaited. Throws ERR_IMAGE when it is over. */
  patience(): number | undefined;
  close(): void;
}

/** Is given the address in this process of pages that have arrived, fewer than were asked for if the rest follows. */
export type Arrived = (image: number, length: number, address: number) => void;
