import { data, type Host, RestoreError, struct } from "@restage/core";
import {
  decodePageMessage,
  encodePageMessage,
  ImageError,
  PAGE_MESSAGE_SIZE,
  type PageMessage,
  pageFlags,
} from "@restage/images";
import { ERRNO, errnoText, MAP, MSG, PAGE_SIZE, PROT, SOL, TCP } from "@restage/linux/abi";
import type { Arrived, PageSource } from "./page-source.ts";
import type { NameOf } from "./task-names.ts";

/** The largest request. */
const MOST = 4 * 1024 * 1024;
const CLOSED = "has closed the connection";
const HINT = "check that the page server runs, and that the network is up";

interface Request {
  readonly pid: number;
  readonly image: number;
  readonly length: number;
  readonly arrived: Arrived;
}

/** Pages of a page server, in the order in which they are asked for. */
export class RemotePages implements PageSource {
  readonly descriptor: number;
  readonly #host: Host;
  readonly #limit: number;
  readonly #nameOf: NameOf;
  readonly #buffer: number;
  readonly #header = new Uint8Array(PAGE_MESSAGE_SIZE);
  readonly #requests: Request[] = [];
  /** The header of the answer whose pages arrive. */
  #answer: PageMessage | undefined;
  /** Bytes that have arrived of the header, or of the pages after it. */
  #got = 0;
  #heardAt = 0;

  /**
   * @param socket connected to the page server.
   * @param limit how long it can be silent when it is asked, in milliseconds.
   */
  constructor(host: Host, socket: number, limit: number, nameOf: NameOf) {
    this.#host = host;
    this.descriptor = socket;
    this.#limit = limit;
    this.#nameOf = nameOf;
    const flags = MAP.PRIVATE | MAP.ANONYMOUS;
    this.#buffer = host.call.mmap(0, MOST, PROT.READ | PROT.WRITE, flags, -1, 0).result;
    // A request is small, and a thread waits for its answer.
    host.attempt("setsockopt", socket, SOL.TCP, TCP.NODELAY, struct([4, 1]), 4);
  }

  request(pid: number, image: number, length: number, arrived: Arrived): void {
    if (this.#requests.length === 0) this.#heardAt = performance.now();
    for (let at = image; at < image + length; at += MOST)
      this.#ask({ pid, image: at, length: Math.min(MOST, image + length - at), arrived });
  }

  receive(): void {
    // At least once, also when nothing is awaited: then it is the end of the connection.
    while (this.#receiveSome() && this.#requests.length > 0);
  }

  patience(): number | undefined {
    if (this.#requests.length === 0) return undefined;
    const left = this.#heardAt + this.#limit - performance.now();
    if (left > 0) return Math.ceil(left);
    throw lost(`has not answered for ${this.#limit / 1000} s`);
  }

  close(): void {
    const bytes = encodePageMessage({ command: "close" });
    this.#host.attempt("sendto", this.descriptor, data(bytes), bytes.length, MSG.NOSIGNAL | MSG.DONTWAIT, 0, 0);
    this.#host.attempt("close", this.descriptor);
  }

  #ask(request: Request): void {
    const { pid, image, length } = request;
    this.#requests.push(request);
    const pages = length / PAGE_SIZE;
    const bytes = encodePageMessage({ command: "get", address: BigInt(image), pages, target: BigInt(pid) });
    const sent = this.#host.attempt("sendto", this.descriptor, data(bytes), bytes.length, MSG.NOSIGNAL, 0, 0);
    if (sent !== bytes.length) throw lost(isEnd(sent) ? CLOSED : `cannot be reached: ${errnoText(-sent)}`);
  }

  /** Returns whether more may have arrived. */
  #receiveSome(): boolean {
    const answer = this.#answer;
    const goal = answer === undefined ? PAGE_MESSAGE_SIZE : answer.pages * PAGE_SIZE;
    const into =
      answer === undefined
        ? ({ kind: "data", bytes: new Uint8Array(goal - this.#got), fields: [], output: true } as const)
        : this.#buffer + this.#got;
    const count = this.#host.attempt("recvfrom", this.descriptor, into, goal - this.#got, MSG.DONTWAIT, 0, 0);
    if (count === -ERRNO.EAGAIN || count === -ERRNO.EINTR) return false;
    if (count === 0 || isEnd(count)) throw lost(CLOSED);
    if (count < 0) throw lost(`cannot be reached: ${errnoText(-count)}`);
    if (typeof into === "object") this.#header.set(into.bytes.subarray(0, count), this.#got);
    this.#heardAt = performance.now();
    this.#got += count;
    if (this.#got < goal) return true;
    this.#got = 0;
    if (answer === undefined) this.#answer = this.#checked(decoded(this.#header));
    else this.#deliver(answer);
    return true;
  }

  #deliver({ pages }: PageMessage): void {
    this.#answer = undefined;
    const request = this.#requests.shift();
    if (request === undefined) return;
    const length = pages * PAGE_SIZE;
    request.arrived(request.image, length, this.#buffer);
    const rest = request.length - length;
    if (rest > 0) this.#ask({ ...request, image: request.image + length, length: rest });
  }

  /** An answer must be for the oldest request. */
  #checked(answer: PageMessage): PageMessage {
    const [{ pid, image, length } = { pid: 0, image: 0, length: 0 }] = this.#requests;
    const { command, flags, address, pages, target } = answer;
    const isAnswer = command === "add" && (flags & pageFlags.PE_PRESENT) !== 0 && target === BigInt(pid);
    if (isAnswer && address === BigInt(image) && pages > 0 && pages * PAGE_SIZE <= length) return answer;
    throw lost(`answered a request for pages of ${this.#nameOf(pid)} at 0x${image.toString(16)} with others`);
  }
}

function decoded(bytes: Uint8Array): PageMessage {
  try {
    return decodePageMessage(bytes);
  } catch (error) {
    if (error instanceof ImageError) throw lost(`sent an invalid message: ${error.message}`);
    throw error;
  }
}

/** Whether a call failed because the peer has closed its socket: with data that it had not read, or before this data. */
function isEnd(result: number): boolean {
  return result === -ERRNO.ECONNRESET || result === -ERRNO.EPIPE;
}

function lost(why: string): RestoreError {
  return new RestoreError("ERR_IMAGE", `Cannot get pages: the page server ${why}`, { hint: HINT });
}
