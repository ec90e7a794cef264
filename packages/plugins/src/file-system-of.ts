import type { Host } from "@restage/core";
import { STATFS_SIZE } from "@restage/linux/abi";
import { room } from "./room.ts";

/** The magic number and the block size in bytes of the file system of a file. Undefined if it cannot be read. Source: statfs(2). */
export function fileSystemOf(
  host: Host,
  file: string | number,
): { readonly magic: bigint; readonly blockSize: number } | undefined {
  const { data, view } = room(STATFS_SIZE);
  const result = typeof file === "string" ? host.attempt("statfs", file, data) : host.attempt("fstatfs", file, data);
  if (result !== 0) return undefined;
  return { magic: view.getBigUint64(0, true), blockSize: Number(view.getBigUint64(8, true)) };
}
