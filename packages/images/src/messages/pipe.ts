/**
 * Pipes and FIFOs with their contents.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { embedded, required, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { FownEntry } from "./file-owner.ts";
import { fownEntry } from "./file-owner.ts";

/** An end of a pipe. (CRIU: images/pipe.proto) */
export interface PipeEntry extends Unknowns {
  readonly id: number;
  readonly pipe_id: number;
  readonly flags: number;
  readonly fown: FownEntry;
}

/** The message type of {@link PipeEntry}. */
export const pipeEntry: Message<PipeEntry> = message("pipe_entry", () => ({
  id: uint32(1, required),
  pipe_id: uint32(2, required),
  flags: uint32(3, required),
  fown: embedded(4, fownEntry, required),
}));

/** The file type of {@link PipeEntry}. */
export const pipeFile: FileType<PipeEntry, "PIPE", "pipe", "pipes"> = new FileType({
  message: pipeEntry,
  type: ["PIPE", 2],
  member: ["pipe", 18],
  image: ["pipes", "pipes.img", 0x56513555],
});

/** An open file description of a FIFO. (CRIU: images/fifo.proto) */
export interface FifoEntry extends Unknowns {
  readonly id: number;
  readonly pipe_id: number;
  readonly regf_id?: number;
}

/** The message type of {@link FifoEntry}. */
export const fifoEntry: Message<FifoEntry> = message("fifo_entry", () => ({
  id: uint32(1, required),
  pipe_id: uint32(2, required),
  regf_id: uint32(3),
}));

/** The file type of {@link FifoEntry}. */
export const fifoFile: FileType<FifoEntry, "FIFO", "fifo", "fifo"> = new FileType({
  message: fifoEntry,
  type: ["FIFO", 3],
  member: ["fifo", 17],
  image: ["fifo", "fifo.img", 0x58364939],
});

/** Content of a pipe or FIFO; the bytes follow in the image. (CRIU: images/pipe-data.proto) */
export interface PipeDataEntry extends Unknowns {
  readonly pipe_id: number;
  /** The number of bytes that follow. */
  readonly bytes: number;
  /** Capacity of the pipe in bytes. */
  readonly size?: number;
}

/** The message type of {@link PipeDataEntry}. */
export const pipeDataEntry: Message<PipeDataEntry> = message("pipe_data_entry", () => ({
  pipe_id: uint32(1, required),
  bytes: uint32(2, required),
  size: uint32(3),
}));
