import type { Data, SyscallStep } from "@restage/linux";
import { CMSG_HEADER_SIZE, MSGHDR, SCM, SOL } from "@restage/linux/abi";
import type { InventedProcess } from "./invented-process.ts";
import { dataAt, dataOf, readField } from "./operands.ts";

/** How long a recording waits for another task's message, in milliseconds. */
const PATIENCE = 500;

interface Message {
  readonly payload: Uint8Array;
  /** The number of descriptors that come with it. */
  readonly descriptors: number;
}

/**
 * Messages with descriptors that tasks send each other over named sockets. With them, a receiver whose later calls depend on a message can be
 * recorded.
 */
export class InventedMessages {
  readonly #queues = new Map<string, Message[]>();
  readonly #waiting = new Set<() => void>();

  /** Records bind(2): the process receives messages that are sent to this name. */
  bind(step: SyscallStep, process: InventedProcess): void {
    const name = dataOf(step.args[1]);
    if (name !== undefined) process.names.add(keyOf(name));
  }

  /** Records sendmsg(2). Returns the number of bytes sent. */
  send(step: SyscallStep): number {
    const header = dataOf(step.args[1]);
    const payload = payloadOf(header);
    if (payload === undefined) return 0;
    const name = header === undefined ? undefined : dataAt(header, MSGHDR.msg_name);
    if (name !== undefined) {
      this.#queueOf(keyOf(name)).push({ payload: payload.bytes, descriptors: descriptorsIn(header) });
      for (const arrived of this.#waiting) arrived();
    }
    return payload.bytes.length;
  }

  /** Waits for a message, up to a limit: it can fail to come. */
  async arrival(process: InventedProcess): Promise<void> {
    const end = performance.now() + PATIENCE;
    while (process.names.size > 0 && this.#next(process) === undefined && performance.now() < end) {
      await new Promise<void>((resolve) => {
        const arrived = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(arrived);
          resolve();
        };
        const timer = setTimeout(arrived, PATIENCE);
        this.#waiting.add(arrived);
      });
    }
  }

  /** Records recvmsg(2), filling in the payload and descriptors. Returns the number of bytes received. */
  receive(step: SyscallStep, process: InventedProcess): number {
    const queue = this.#next(process);
    const message = queue?.shift();
    const header = dataOf(step.args[1]);
    const payload = payloadOf(header);
    if (message === undefined || header === undefined || payload === undefined) return 0;
    payload.bytes.set(message.payload.subarray(0, payload.bytes.length));
    const control = dataAt(header, MSGHDR.msg_control);
    if (control !== undefined) writeDescriptors(control, message.descriptors, process);
    return message.payload.length;
  }

  #queueOf(key: string): Message[] {
    const queue = this.#queues.get(key) ?? [];
    this.#queues.set(key, queue);
    return queue;
  }

  #next(process: InventedProcess): Message[] | undefined {
    for (const name of process.names) if (this.#queueOf(name).length > 0) return this.#queueOf(name);
    return undefined;
  }
}

function keyOf({ bytes }: Data): string {
  return bytes.join(" ");
}

function payloadOf(header: Data | undefined): Data | undefined {
  const ranges = header === undefined ? undefined : dataAt(header, MSGHDR.msg_iov);
  return ranges === undefined ? undefined : dataAt(ranges, 0);
}

function descriptorsIn(header: Data | undefined): number {
  const control = header === undefined ? undefined : dataAt(header, MSGHDR.msg_control);
  return control === undefined ? 0 : (Number(readField(control, 0, 8)) - CMSG_HEADER_SIZE) / 4;
}

function writeDescriptors(control: Data, count: number, process: InventedProcess): void {
  const view = new DataView(control.bytes.buffer, control.bytes.byteOffset, control.bytes.byteLength);
  view.setBigUint64(0, BigInt(CMSG_HEADER_SIZE + 4 * count), true);
  view.setUint32(8, SOL.SOCKET, true);
  view.setUint32(12, SCM.RIGHTS, true);
  for (let n = 0; n < count; n++) view.setInt32(CMSG_HEADER_SIZE + 4 * n, process.descriptors.open(), true);
}
