import { addressOf, struct, type Value } from "@restage/core";
import type { Data } from "@restage/linux";
import { CMSG_HEADER_SIZE, MSGHDR, SCM, SOL } from "@restage/linux/abi";

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

/** The sender of a message: struct ucred. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Control messages that pass descriptors, SCM_RIGHTS, and credentials, SCM_CREDENTIALS. Undefined when there are none. */
export function controlMessages(descriptors: readonly Value[], credentials?: Credentials): Data | undefined {
  if (descriptors.length === 0 && credentials === undefined) return undefined;
  const { pid = 0, uid = 0, gid = 0 } = credentials ?? {};
  return struct(
    ...(descriptors.length === 0 ? [] : controlMessage(SCM.RIGHTS, descriptors)),
    ...(credentials === undefined ? [] : controlMessage(SCM.CREDENTIALS, [pid, uid, gid])),
  );
}

/** A control message of 32-bit numbers, padded to whole words. */
function controlMessage(type: number, numbers: readonly Value[]): (readonly [4 | 8, Value])[] {
  const padding = numbers.length % 2 === 0 ? [] : [[4, 0] as const];
  return [
    [8, CMSG_HEADER_SIZE + 4 * numbers.length],
    [4, SOL.SOCKET],
    [4, type],
    ...numbers.map((number) => [4, number] as const),
    ...padding,
  ];
}

/** The length of the name in a message of recvmsg(2). */
export function nameLength(header: Data): number {
  return new DataView(header.bytes.buffer).getUint32(MSGHDR.msg_namelen, true);
}

/** The numbers of 32 bits in each control message of a type: descriptors of SCM_RIGHTS and SCM_PIDFD; pid, uid and gid of SCM_CREDENTIALS. */
export function readNumbers(control: DataView, length: number, wanted: number): readonly (readonly number[])[] {
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
    yield { level: control.getInt32(at + 8, true), type: control.getInt32(at + 12, true), at, size };
    at += (size + 7) & ~7;
  }
}

/** Where the content of a control message begins; undefined when there is none of this type. */
export function controlOf(control: DataView, length: number, level: number, type: number): number | undefined {
  const found = [...eachControl(control, length)].find((each) => each.level === level && each.type === type);
  return found === undefined ? undefined : found.at + CMSG_HEADER_SIZE;
}
