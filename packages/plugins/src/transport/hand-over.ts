import { data, type Host, loaded, output, type StageContext } from "@restage/core";
import type { LoadedOperand } from "@restage/linux";
import { AF, CMSG_HEADER_SIZE, MSG, O, SOCK } from "@restage/linux/abi";
import { takeNumber } from "../files/take-descriptor.ts";
import { messageHeader, rights, roomForRights } from "./rights.ts";

/**
 * Gives the stub duplicates of descriptors of this process, at most 253. All tasks inherit them, whatever namespaces they are in and whatever files they
 * can open themselves. Call this in ROOT_TASK before the root task exists.
 *
 * @param descriptors of this process, by their reserved numbers in every task.
 */
export async function handOver({ host, stub }: StageContext, descriptors: ReadonlyMap<number, number>): Promise<void> {
  if (descriptors.size === 0) return;
  const [ours, theirs] = stub.call.socketpair(AF.UNIX, SOCK.STREAM | O.CLOEXEC, 0);
  await stub.flush();
  send(host, takeNumber(host, stub.tracee?.tid ?? 0, numberOf(ours)), [...descriptors.values()]);
  const control = roomForRights(descriptors.size);
  stub.call.recvmsg(theirs, messageHeader(undefined, 0, output(1), control), MSG.CMSG_CLOEXEC).expect(1);
  stub.call.close(ours);
  stub.call.close(theirs);
  [...descriptors.keys()].forEach((number, index) => {
    stub.place(loaded(control, CMSG_HEADER_SIZE + 4 * index, 4), number, { cloexec: true });
  });
}

/** @param socket is closed. */
function send(host: Host, socket: number, descriptors: readonly number[]): void {
  try {
    host.call.sendmsg(socket, messageHeader(undefined, 0, data(new Uint8Array(1)), rights(descriptors)), 0);
  } finally {
    host.call.close(socket);
  }
}

/** A descriptor that a call has made. */
function numberOf({ data: { bytes }, offset }: LoadedOperand): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(offset, true);
}
