/**
 * Payloads of System V IPC objects (CRIU: criu/ipc_ns.c).
 *
 * @module
 */
import { ImageError } from "../image-error.ts";
import type { IpcMsg, IpcMsgEntry, IpcSemEntry, IpcShmEntry } from "../messages/ipc.ts";
import { ipcMsg } from "../messages/ipc.ts";
import { encodeMessage } from "../schema/encode.ts";
import { sizeWord } from "../size-word.ts";
import type { ExtraRule } from "./rule.ts";
import { expectLength, paddingOf, paddingTo, takePadding } from "./rule.ts";

/** The values of a semaphore set. */
export interface IpcSemExtra {
  /** One 16-bit number per semaphore. */
  readonly values: readonly number[];
  /** The padding after the values, only if it is not zero. */
  readonly padding?: Uint8Array;
}

/** `ipcns-sem`. */
export const semaphores: ExtraRule<IpcSemEntry, IpcSemExtra> = {
  read(cursor, { nsems }) {
    const bytes = cursor.take(nsems * 2, "semaphore values");
    const values: number[] = [];
    for (let i = 0; i < bytes.length; i += 2) values.push(bytes[i]! | (bytes[i + 1]! << 8));
    const padding = takePadding(cursor, paddingTo(bytes.length, 8));
    return padding === undefined ? { values } : { values, padding };
  },
  write({ nsems }, { values, padding }) {
    expectLength("semaphore values", values.length, nsems);
    const bytes = new Uint8Array(nsems * 2);
    for (let i = 0; i < nsems; i++) {
      const value = values[i]!;
      if (!(value >= 0 && value <= 0xffff))
        throw new ImageError(
          "ERR_IMAGE_EXTRA",
          `Cannot write semaphore value ${i}: expected 0 to 65535, found ${value}`,
        );
      bytes[i * 2] = value & 0xff;
      bytes[i * 2 + 1] = value >> 8;
    }
    return [bytes, paddingOf(padding, paddingTo(bytes.length, 8))];
  },
};

/** A message of a queue. */
export interface IpcQueuedMessage {
  readonly value: IpcMsg;
  /** `msize` bytes. */
  readonly data: Uint8Array;
  /** The padding after the data, only if it is not zero. */
  readonly padding?: Uint8Array;
}

/** `ipcns-msg`: the messages, in the order in which they were sent. */
export const messageQueue: ExtraRule<IpcMsgEntry, readonly IpcQueuedMessage[]> = {
  read(cursor, { qnum }) {
    const messages: IpcQueuedMessage[] = [];
    // Each message has at least a size word, so a huge count reaches the end of the file before it exhausts memory.
    for (let i = 0; i < qnum; i++) {
      const value = cursor.message(ipcMsg);
      const data = cursor.take(value.msize, "message data");
      const padding = takePadding(cursor, paddingTo(value.msize, 8));
      messages.push(padding === undefined ? { value, data } : { value, data, padding });
    }
    return messages;
  },
  write({ qnum }, messages) {
    expectLength("messages", messages.length, qnum);
    const chunks: Uint8Array[] = [];
    for (const { value, data, padding } of messages) {
      expectLength("message data", data.length, value.msize);
      const header = encodeMessage(ipcMsg, value);
      chunks.push(sizeWord(header.length), header, data, paddingOf(padding, paddingTo(data.length, 8)));
    }
    return chunks;
  },
};

/** `ipcns-shm`: the content, unless a pagemap-shmem image holds it. */
export const sharedMemory: ExtraRule<IpcShmEntry, Uint8Array | undefined> = {
  read(cursor, { size, in_pagemaps }) {
    if (in_pagemaps === true) return undefined;
    const content = cursor.take(Number(size), "shared memory");
    cursor.take(paddingTo(content.length, 4), "padding");
    return content;
  },
  write({ size, in_pagemaps }, content) {
    if (in_pagemaps === true) {
      expectLength("shared memory", content?.length ?? 0, 0);
      return [];
    }
    expectLength("shared memory", content?.length ?? 0, Number(size));
    return content === undefined ? [] : [content, new Uint8Array(paddingTo(content.length, 4))];
  },
};
