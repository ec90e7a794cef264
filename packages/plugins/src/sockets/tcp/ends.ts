import type { Entry, InetSkEntry } from "@restage/images";
import { TCP_STATE } from "@restage/linux/abi";

const { FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING, CLOSE } = TCP_STATE;
const PEER_HAS_ENDED: readonly number[] = [CLOSE_WAIT, LAST_ACK, CLOSING, CLOSE];
const HAS_ENDED: readonly number[] = [FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSING, CLOSE];

/** A connection as its images have it. */
export interface Connection {
  readonly entry: InetSkEntry;
  readonly stream: Entry<"tcp_stream">;
}

/** Whether this end has shut down writing. Its FIN takes a sequence number, and counts as a byte of the send queue. */
export function hasEnded(state: number): boolean {
  return HAS_ENDED.includes(state);
}

/** Whether the FIN of the peer has arrived. It takes a sequence number. */
export function hasPeerEnded(state: number): boolean {
  return PEER_HAS_ENDED.includes(state);
}

/** Whether the own FIN counts as sent while the connection is still in repair mode. */
export function endsInRepair(state: number): boolean {
  return state === FIN_WAIT2 || state === CLOSING;
}

/** Whether the own FIN is sent when the connection leaves repair mode. That of a closed connection has been confirmed. */
export function endsAtCommit(state: number): boolean {
  return hasEnded(state) && !endsInRepair(state) && state !== CLOSE;
}

/** Sequence numbers of a connection, without those of FINs. */
export interface Sequences {
  /** Of the first byte in the receive queue, and after the last. */
  readonly received: { readonly from: number; readonly to: number };
  /** Of the first byte in the send queue, and after the last. */
  readonly sent: { readonly from: number; readonly to: number };
}

/** The numbers in images are those after both queues, FINs included. */
export function sequencesOf({ entry, stream }: Connection): Sequences {
  const { inq_seq, inq_len, outq_seq, outq_len } = stream.value;
  const received = inq_seq - (hasPeerEnded(entry.state) ? 1 : 0);
  const sent = outq_seq - (hasEnded(entry.state) ? 1 : 0);
  return {
    received: { from: (received - inq_len) >>> 0, to: received >>> 0 },
    sent: { from: (sent - outq_len) >>> 0, to: sent >>> 0 },
  };
}

/**
 * The part of the send queue that was never sent, and is sent when the connection leaves repair mode. Where the own FIN counts as sent before,
 * no data can follow it: then everything counts as sent, and the kernel sends it again.
 */
export function unsentOf({ entry, stream }: Connection): Uint8Array {
  const { outq } = stream.extra;
  return endsInRepair(entry.state) ? new Uint8Array() : outq.subarray(outq.length - (stream.value.unsq_len ?? 0));
}
