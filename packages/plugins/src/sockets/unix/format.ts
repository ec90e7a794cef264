import { decodeText } from "@restage/images";
import { AF } from "@restage/linux/abi";

/** Bits of `uflags`. Source: CRIU criu/include/sk-unix.h. */
export const UNIX_FLAG = { EXTERNAL: 1, SERVICE: 2, CALLBACK: 4 } as const;

/** What a program that asked the CRIU service for its own dump reads after the restore: criu_resp{DUMP, success, dump{restored}}. Source: CRIU images/rpc.proto. */
export const SERVICE_ANSWER = Uint8Array.of(8, 1, 16, 1, 26, 2, 8, 1);

/** Whether a socket was connected to the service that made the checkpoint. */
export function isOfService({ uflags }: { readonly uflags: number }): boolean {
  return (uflags & UNIX_FLAG.SERVICE) !== 0;
}

/** struct sockaddr_un, as long as the name needs. @param name a path, or an abstract name that begins with NUL. */
export function unixAddress(name: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + name.length);
  new DataView(bytes.buffer).setUint16(0, AF.UNIX, true);
  bytes.set(name, 2);
  return bytes;
}

/** Whether a socket has an abstract name. */
export function isAbstract({ name }: { readonly name: Uint8Array }): boolean {
  return name[0] === 0;
}

/** The path in a name, as it was given to bind(2), without the NUL at its end; undefined for an abstract name or none. */
export function pathIn(name: Uint8Array): string | undefined {
  if (name.length === 0 || name[0] === 0) return undefined;
  const end = name.indexOf(0);
  return decodeText(end < 0 ? name : name.subarray(0, end));
}
