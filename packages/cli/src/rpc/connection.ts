import { readSync, writeSync } from "node:fs";
import { data, type Host, RestoreError } from "@restage/core";
import { decodeMessage, encodeMessage, type InputOf } from "@restage/images";
import { messageHeader, rights } from "@restage/plugins";
import { type CriuReq, type CriuResp, criuReq, criuResp, REQUEST } from "./messages.ts";
import { peerOf } from "./peer.ts";

/** The largest request that is read; those of container engines have a few kilobytes. */
const LARGEST_REQUEST = 1 << 20;
/** How long to wait before a socket without a packet is asked again, in milliseconds. */
const PAUSE = 5;

/** A socket (SOCK_SEQPACKET) over which a caller sends requests: one packet is one message. */
export class Connection {
  readonly #host: Host;
  readonly #socket: number;
  /** The pid of the process that made the socket, whose descriptors requests name. */
  readonly peer: number;
  #received: Uint8Array | undefined;

  /** @param received a request that has been received already. */
  constructor(host: Host, socket: number, received?: Uint8Array) {
    this.#host = host;
    this.#received = received;
    this.#socket = socket;
    this.peer = peerOf(host, socket).pid;
  }

  /** Waits for the next request; undefined when the caller has closed the connection. Throws ERR_OPTION for what is not a request. */
  receive(): CriuReq | undefined {
    const packet = this.#received ?? this.#nextPacket();
    this.#received = undefined;
    if (packet.length === 0) return undefined;
    try {
      return decodeMessage(criuReq, packet);
    } catch (error) {
      throw new RestoreError("ERR_OPTION", `Cannot read the request: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Empty when the caller has closed the connection. */
  #nextPacket(): Uint8Array {
    const packet = Buffer.alloc(LARGEST_REQUEST);
    return packet.subarray(
      0,
      this.#patiently(() => readSync(this.#socket, packet)),
    );
  }

  send(answer: InputOf<CriuResp>): void {
    const packet = encodeMessage(criuResp, answer);
    this.#patiently(() => writeSync(this.#socket, packet));
  }

  /**
   * Tells the caller of a point of a checkpoint or restore, and waits for its answer.
   *
   * @returns whether the caller agrees.
   */
  notify(script: string, pid?: number): boolean {
    this.send({ type: REQUEST.NOTIFY, success: true, notify: { script, ...(pid === undefined ? {} : { pid }) } });
    return this.#agrees();
  }

  /** Passes a descriptor to the caller, and waits for its answer, like `notify`. */
  pass(script: string, descriptor: number): boolean {
    const packet = data(encodeMessage(criuResp, { type: REQUEST.NOTIFY, success: true, notify: { script } }));
    this.#host.call.sendmsg(this.#socket, messageHeader(undefined, 0, packet, rights([descriptor])), 0);
    return this.#agrees();
  }

  #agrees(): boolean {
    const answer = this.receive();
    return answer?.type === REQUEST.NOTIFY && answer.notify_success === true;
  }

  /** The socket may be non-blocking. */
  #patiently(transfer: () => number): number {
    for (;;) {
      try {
        return transfer();
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ECONNRESET" || code === "EPIPE") return 0;
        if (code !== "EAGAIN") throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
      }
    }
  }
}
