import type { FileEntry } from "@restage/images";

const AF_INET6 = 10;

/** Describes an open file by its path, name or address; empty if its type says everything. */
export function describeFile({ reg, pipe, fifo, usk, isk, memfd }: FileEntry): string {
  if (reg !== undefined) return reg.name;
  if (pipe !== undefined) return `pipe:[${pipe.pipe_id}]`;
  if (fifo !== undefined) return `pipe:[${fifo.pipe_id}]`;
  if (memfd !== undefined) return `inode ${memfd.inode_id}`;
  if (usk !== undefined) return describeUnixSocket(usk);
  if (isk !== undefined) return describeInternetSocket(isk);
  return "";
}

function describeUnixSocket({ name, ino, peer }: NonNullable<FileEntry["usk"]>): string {
  // An abstract name begins with NUL; ss(8) prints it with an @.
  const text = new TextDecoder().decode(name).replace(/\0$/, "").replaceAll("\0", "@");
  const own = text === "" ? `inode ${ino}` : text;
  return peer === 0 ? own : `${own} -> inode ${peer}`;
}

function describeInternetSocket({
  family,
  src_addr,
  src_port,
  dst_addr,
  dst_port,
}: NonNullable<FileEntry["isk"]>): string {
  const own = `${printAddress(family, src_addr)}:${src_port}`;
  return dst_port === 0 ? own : `${own} -> ${printAddress(family, dst_addr)}:${dst_port}`;
}

/** Prints an address, given as words in network byte order, as they are in memory. */
function printAddress(family: number, words: readonly number[]): string {
  const bytes = [...new Uint8Array(Uint32Array.from(words).buffer)];
  if (family !== AF_INET6) return bytes.join(".");
  const groups = Array.from({ length: bytes.length / 2 }, (_, index) => {
    return ((bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0)).toString(16);
  });
  // The longest run of zeros is left out.
  const text = groups.join(":");
  const [longest] = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)]
    .map(([run]) => run)
    .sort((a, b) => b.length - a.length);
  return `[${longest === undefined ? text : text.replace(longest, text.endsWith(longest) ? "::" : ":")}]`;
}
