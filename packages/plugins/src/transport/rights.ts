import { addressOf, output, struct } from "@restage/core";
import type { Data, Operand } from "@restage/linux";
import { CMSG_HEADER_SIZE, SCM, SOL } from "@restage/linux/abi";

/** A control message that passes descriptors. Source: unix(7), "SCM_RIGHTS"; cmsg(3). */
export function rights(descriptors: readonly Operand[]): Data {
  const size = CMSG_HEADER_SIZE + 4 * descriptors.length;
  const padding = descriptors.length % 2 === 0 ? [] : [[4, 0] as const];
  const numbers = descriptors.map((descriptor) => [4, descriptor] as const);
  return struct([8, size], [4, SOL.SOCKET], [4, SCM.RIGHTS], ...numbers, ...padding);
}

/** Room for a control message with so many descriptors, which begin at CMSG_HEADER_SIZE. */
export function roomForRights(count: number): Data {
  return output((CMSG_HEADER_SIZE + 4 * count + 7) & ~7);
}

/** struct msghdr with one struct iovec. */
export function messageHeader(name: Data | undefined, nameLength: number, payload: Data, control: Data): Data {
  const iovec = struct([8, addressOf(payload)], [8, payload.bytes.length]);
  return struct(
    [8, name === undefined ? 0 : addressOf(name)],
    [4, nameLength],
    [4, 0],
    [8, addressOf(iovec)],
    [8, 1],
    [8, addressOf(control)],
    [8, control.bytes.length],
    [4, 0],
    [4, 0],
  );
}
