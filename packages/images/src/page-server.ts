/**
 * What a page server and its client say to each other over TCP: messages of 32 bytes, some followed by pages. Source: CRIU 4.2, criu/page-xfer.c.
 *
 * A client that sends pages opens an image (`open2`), and the server answers with a byte: 1 if an earlier dump has the image too. Then come ranges of pages
 * (`add`), each followed by its content if the flags say that it is present. At the end the client sends `close`, and the server answers with a status of
 * four bytes when everything is written.
 *
 * A client that takes pages asks for them by the pid of their task (`get`). The server answers with `add` for the same address, perhaps with fewer pages,
 * and their content.
 *
 * @module
 */
import { ImageError } from "./image-error.ts";

/** The length of a message. */
export const PAGE_MESSAGE_SIZE = 32;

/** Commands. `add-present` and `add-parent` are older forms of `add`; `open` is `open2` without an answer. */
const COMMANDS = {
  "add-present": 1,
  "add-parent": 2,
  open: 3,
  open2: 4,
  parent: 5,
  add: 6,
  get: 7,
  close: 0x1023,
  "force-close": 0x1024,
} as const;

export type PageCommand = keyof typeof COMMANDS;

export interface PageMessage {
  readonly command: PageCommand;
  /** Flags of the pages: `PE_*`. */
  readonly flags: number;
  readonly address: bigint;
  /** Number of pages. */
  readonly pages: number;
  /** The image, by {@link pagesImageNumber}; for `get` and its answer, the pid of the task. */
  readonly target: bigint;
}

/** A kind of pagemap image. */
export type PagesKind = keyof typeof KINDS;

const KINDS = { pagemap: 1, shmem_pagemap: 2 } as const;
const KIND_BITS = 8n;
const COMMAND_MASK = 0xffff;

/** The number of a pagemap image in messages. @param id the pid of a task, or the number of shared memory. */
export function pagesImageNumber(kind: PagesKind, id: number | bigint): bigint {
  return (BigInt(id) << KIND_BITS) | BigInt(KINDS[kind]);
}

/** The opposite of {@link pagesImageNumber}; undefined for a kind that is not known. */
export function parsePagesImageNumber(number: bigint): { readonly kind: PagesKind; readonly id: bigint } | undefined {
  const kind = (Object.keys(KINDS) as PagesKind[]).find((name) => BigInt(KINDS[name]) === (number & 0xffn));
  return kind === undefined ? undefined : { kind, id: number >> KIND_BITS };
}

export function encodePageMessage(message: Partial<PageMessage> & Pick<PageMessage, "command">): Uint8Array {
  const { command, flags = 0, address = 0n, pages = 0, target = 0n } = message;
  const bytes = new Uint8Array(PAGE_MESSAGE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ((flags << 16) | COMMANDS[command]) >>> 0, true);
  view.setBigUint64(8, BigInt(pages), true);
  view.setBigUint64(16, address, true);
  view.setBigUint64(24, target, true);
  return bytes;
}

/** Throws ERR_IMAGE_UNSUPPORTED for a command that is not known, and ERR_IMAGE_PAGEMAP for a number of pages that no address space has. */
export function decodePageMessage(bytes: Uint8Array): PageMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PAGE_MESSAGE_SIZE);
  const word = view.getUint32(0, true);
  const number = word & COMMAND_MASK;
  const command = (Object.keys(COMMANDS) as PageCommand[]).find((name) => COMMANDS[name] === number);
  if (command === undefined)
    throw new ImageError("ERR_IMAGE_UNSUPPORTED", `The other side of a page server sent the unknown command ${number}`);
  const pages = view.getBigUint64(8, true);
  if (pages >= 1n << 40n)
    throw new ImageError("ERR_IMAGE_PAGEMAP", `The other side of a page server sent a range of ${pages} pages`);
  return {
    command,
    flags: word >>> 16,
    pages: Number(pages),
    address: view.getBigUint64(16, true),
    target: view.getBigUint64(24, true),
  };
}
