import type { PagesKind } from "@restage/images";
import type { AddressRange } from "@restage/linux";
import type { OpenImage } from "./image-writer.ts";

/** The memory of a task or a shared segment, as it is saved. */
export interface PagesWriter {
  /** Receives the content of each range with PE_PRESENT, in order. */
  readonly content: OpenImage;
  /** Begins a range of pages. @param flags PE_*. */
  add(range: AddressRange, flags: number): void;
  /** Completes it. */
  close(): void;
}

/** Memory that is about to be saved. */
export interface PagesRequest {
  readonly kind: PagesKind;
  /** The pid of a task, or the number of a shared segment. */
  readonly id: number;
}
