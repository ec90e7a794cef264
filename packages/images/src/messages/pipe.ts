/**
 * Pipes and FIFOs with their contents.
 *
 * @module
 */
import { embedded, required, uint32 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { fownEntry } from "./file-owner.ts";

function pipeEntryFields() {
  return {
    id: uint32(1, required),
    pipe_id: uint32(2, required),
    flags: uint32(3, required),
    fown: embedded(4, fownEntry, required),
  };
}
/** An end of a pipe. (CRIU: images/pipe.proto) */
export interface PipeEntry extends ValueOfFields<ReturnType<typeof pipeEntryFields>> {}
/** Type of {@link PipeEntry}. */
export const pipeEntry: Message<PipeEntry> = message("pipe_entry", pipeEntryFields);

function fifoEntryFields() {
  return {
    id: uint32(1, required),
    pipe_id: uint32(2, required),
    regf_id: uint32(3),
  };
}
/** An open description of a FIFO. (CRIU: images/fifo.proto) */
export interface FifoEntry extends ValueOfFields<ReturnType<typeof fifoEntryFields>> {}
/** Type of {@link FifoEntry}. */
export const fifoEntry: Message<FifoEntry> = message("fifo_entry", fifoEntryFields);

function pipeDataEntryFields() {
  return {
    pipe_id: uint32(1, required),
    /** Bytes that follow. */
    bytes: uint32(2, required),
    /** Capacity of the pipe in bytes. */
    size: uint32(3),
  };
}
/** Content of a pipe or FIFO; the bytes follow in the image. (CRIU: images/pipe-data.proto) */
export interface PipeDataEntry extends ValueOfFields<ReturnType<typeof pipeDataEntryFields>> {}
/** Type of {@link PipeDataEntry}. */
export const pipeDataEntry: Message<PipeDataEntry> = message("pipe_data_entry", pipeDataEntryFields);
