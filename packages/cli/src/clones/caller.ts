import { closeSync, readSync, writeSync } from "node:fs";
import { type Host, RestoreError, struct } from "@restage/core";
import { POLL } from "@restage/linux/abi";
import { peerOf } from "../rpc/peer.ts";

/** The largest request, in bytes. */
const LARGEST = 64 * 1024;
/** The time that a caller has to send its request, in milliseconds. Other callers wait meanwhile. */
const PATIENCE = 1000;
const LINE_FEED = 10;

/** A process that asks for a clone: it sends one line, and receives one line. */
export class CallerOfClones {
  readonly #host: Host;
  readonly #socket: number;

  /** @param socket a connection. */
  constructor(host: Host, socket: number) {
    this.#host = host;
    this.#socket = socket;
  }

  /** Throws ERR_OPTION for a caller that is neither root nor the user of this process: a clone has the privileges of its checkpoint. */
  assertAllowed(): void {
    const { uid } = peerOf(this.#host, this.#socket);
    if (uid === 0 || uid === process.geteuid?.()) return;
    throw new RestoreError(
      "ERR_OPTION",
      `User ${uid} cannot ask for clones: only root and the user of the service can`,
    );
  }

  /** Returns the line. Throws ERR_OPTION if none arrives in time. */
  receive(): string {
    const bytes = Buffer.alloc(LARGEST);
    const end = performance.now() + PATIENCE;
    for (let length = 0; length < LARGEST; ) {
      const asked = struct([4, this.#socket], [4, POLL.IN]);
      const left = Math.ceil(end - performance.now());
      if (left <= 0 || this.#host.attempt("poll", asked, 1, left) <= 0) break;
      const count = readSync(this.#socket, bytes, length, LARGEST - length, null);
      if (count === 0) break;
      length += count;
      const feed = bytes.indexOf(LINE_FEED);
      if (feed >= 0 && feed < length) return bytes.toString("utf8", 0, feed);
    }
    throw new RestoreError("ERR_OPTION", "Cannot read the request: no complete line of JSON arrived in time");
  }

  /** Sends the answer, unless the caller has closed the connection. */
  answer(value: object): void {
    try {
      writeSync(this.#socket, `${JSON.stringify(value)}\n`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
    }
  }

  close(): void {
    closeSync(this.#socket);
  }
}
