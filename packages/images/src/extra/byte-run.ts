/**
 * Payloads of one or two byte strings.
 *
 * @module
 */
import type { BpfmapDataEntry } from "../messages/bpfmap.ts";
import type { PipeDataEntry } from "../messages/pipe.ts";
import type { SkPacketEntry } from "../messages/socket.ts";
import type { TcpStreamEntry } from "../messages/socket-inet.ts";
import type { ExtraRule } from "./rule.ts";
import { expectLength } from "./rule.ts";

/** One byte string, whose length is in the entry. */
function oneRun<Entry>(what: string, lengthOf: (entry: Entry) => number): ExtraRule<Entry, Uint8Array> {
  return {
    read: (cursor, value) => cursor.take(lengthOf(value), what),
    write(value, extra) {
      expectLength(what, extra.length, lengthOf(value));
      return [extra];
    },
  };
}

/** `pipes-data`, `fifo-data`: the content of the pipe (CRIU: criu/pipes.c). */
export const pipeData: ExtraRule<PipeDataEntry, Uint8Array> = oneRun("pipe data", ({ bytes }) => bytes);

/** `sk-queues`: one packet (CRIU: criu/sk-queue.c). */
export const socketPacket: ExtraRule<SkPacketEntry, Uint8Array> = oneRun("a socket packet", ({ length }) => length);

/** The content of both queues of a TCP connection. */
export interface TcpStreamExtra {
  /** Received, but not read yet: `inq_len` bytes. */
  readonly inq: Uint8Array;
  /** Written, but not acknowledged yet: `outq_len` bytes. The last `unsq_len` of them were not sent. */
  readonly outq: Uint8Array;
}

/** `tcp-stream` (CRIU: criu/sk-tcp.c). */
export const tcpStream: ExtraRule<TcpStreamEntry, TcpStreamExtra> = {
  read(cursor, value) {
    const inq = cursor.take(value.inq_len, "the receive queue");
    return { inq, outq: cursor.take(value.outq_len, "the send queue") };
  },
  write(value, { inq, outq }) {
    expectLength("the receive queue", inq.length, value.inq_len);
    expectLength("the send queue", outq.length, value.outq_len);
    return [inq, outq];
  },
};

/** The content of a BPF map: `count` keys and as many values, in the same order. */
export interface BpfmapDataExtra {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
}

/** `bpfmap-data` (CRIU: criu/bpfmap.c). */
export const bpfmapData: ExtraRule<BpfmapDataEntry, BpfmapDataExtra> = {
  read(cursor, value) {
    const keys = cursor.take(value.keys_bytes, "the keys");
    return { keys, values: cursor.take(value.values_bytes, "the values") };
  },
  write(value, { keys, values }) {
    expectLength("the keys", keys.length, value.keys_bytes);
    expectLength("the values", values.length, value.values_bytes);
    return [keys, values];
  },
};
