import { decodeText } from "@restage/images";

/** The text in a field of the kernel, without the NUL that ends it. */
export function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeText(end < 0 ? bytes : bytes.subarray(0, end));
}
