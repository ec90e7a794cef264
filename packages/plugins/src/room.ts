import { output } from "@restage/core";
import type { Data } from "@restage/linux";

/** Room for the answer to a system call, and a view of it. */
export function room(size: number): { readonly data: Data; readonly view: DataView } {
  const data = output(size);
  return { data, view: new DataView(data.bytes.buffer) };
}
