import { addressOf, struct, type Value } from "@restage/core";
import type { Data } from "@restage/linux";
import { CMSG_HEADER_SIZE, SCM, SOL } from "@restage/linux/abi";

/** Parts of a message of sendmsg(2) or recvmsg(2). */
export interface MessageParts {
  /** The address of a socket that is not connected: struct sockaddr. */
  readonly name?: Data;
  readonly payload: Data;
  /** Control messages. */
  readonly control?: Data | undefined;
}

/** struct msghdr with one struct iovec. */
export function messageHeader({ name, payload, control }: MessageParts): Data {
  const iovec = struct([8, addressOf(payload)], [8, payload.bytes.length]);
  return struct(
    [8, name === undefined ? 0 : addressOf(name)],
    [4, name?.bytes.length ?? 0],
    [4, 0],
    [8, addressOf(iovec)],
    [8, 1],
    [8, control === undefined ? 0 : addressOf(control)],
    [8, control?.bytes.length ?? 0],
    [8, 0],
  );
}

/** A control message that passes descriptors, SCM_RIGHTS; padded to whole words. */
export function rightsMessage(descriptors: readonly Value[]): Data {
  const padding = descriptors.length % 2 === 0 ? [] : [[4, 0] as const];
  return struct(
    [8, CMSG_HEADER_SIZE + 4 * descriptors.length],
    [4, SOL.SOCKET],
    [4, SCM.RIGHTS],
    ...descriptors.map((descriptor) => [4, descriptor] as const),
    ...padding,
  );
}

/** The descriptors of each SCM_RIGHTS message among control messages; others are skipped. */
export function readRights(control: DataView, length: number): readonly (readonly number[])[] {
  const messages: number[][] = [];
  for (let at = 0; at + CMSG_HEADER_SIZE <= length; ) {
    const size = Number(control.getBigUint64(at, true));
    if (control.getInt32(at + 12, true) === SCM.RIGHTS) {
      const count = (size - CMSG_HEADER_SIZE) / 4;
      const first = at + CMSG_HEADER_SIZE;
      messages.push(Array.from({ length: count }, (_, index) => control.getInt32(first + 4 * index, true)));
    }
    if (size < CMSG_HEADER_SIZE) break;
    at += (size + 7) & ~7;
  }
  return messages;
}
