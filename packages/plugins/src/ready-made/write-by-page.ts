import type { MemoryPatch } from "@restage/core";
import { PAGE_SIZE } from "@restage/linux/abi";

/** Writes page by page: content can cross from one mapping into the next. */
export function writeByPage(patch: MemoryPatch, address: bigint, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const at = address + BigInt(done);
    const part = Math.min(bytes.length - done, PAGE_SIZE - Number(at % BigInt(PAGE_SIZE)));
    patch.write(at, bytes.subarray(done, done + part));
    done += part;
  }
}
