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
  return readDescriptors(control, length, SCM.RIGHTS);
}

/** The types of all control messages. */
export function controlTypes(control: DataView, length: number): ReadonlySet<number> {
  return new Set([...eachControl(control, length)].map(({ type }) => type));
}

/** The descriptors in each control message of a type. */
export function readDescriptors(control: DataView, length: number, wanted: number): readonly (readonly number[])[] {
  return [...eachControl(control, length)]
    .filter(({ type }) => type === wanted)
    .map(({ at, size }) =>
      Array.from({ length: (size - CMSG_HEADER_SIZE) / 4 }, (_, index) =>
        control.getInt32(at + CMSG_HEADER_SIZE + 4 * index, true),
      ),
    );
}

function* eachControl(control: DataView, length: number) {
  for (let at = 0; at + CMSG_HEADER_SIZE <= length; ) {
    const size = Number(control.getBigUint64(at, true));
    if (size < CMSG_HEADER_SIZE) return;
    yield { type: control.getInt32(at + 12, true), at, size };
    at += (size + 7) & ~7;
  }
}
