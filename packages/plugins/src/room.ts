import { output } from "@restage/core";
import type { Data } from "@restage/linux";

/** A buffer that a system call fills, and a view of it. */
export function room(size: number): { readonly data: Data; readonly view: DataView } {
  const data = output(size);
  return { data, view: new DataView(data.bytes.buffer) };
}
