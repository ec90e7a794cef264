/**
 * Signal handlers and pending signals.
 *
 * @module
 */
import { bool, bytes, embedded, repeated, required, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function saEntryFields() {
  return {
    sigaction: uint64(1, required),
    flags: uint64(2, required),
    restorer: uint64(3, required),
    mask: uint64(4, required),
    compat_sigaction: bool(5),
    mask_extended: uint64(6),
  };
}
/** A signal handler. (CRIU: images/sa.proto) */
export interface SaEntry extends ValueOfFields<ReturnType<typeof saEntryFields>> {}
/** Type of {@link SaEntry}. */
export const saEntry: Message<SaEntry> = message("sa_entry", saEntryFields);

function siginfoEntryFields() {
  return {
    /** A `siginfo_t` of 128 bytes. */
    siginfo: bytes(1, required),
  };
}
/** A pending signal. (CRIU: images/siginfo.proto) */
export interface SiginfoEntry extends ValueOfFields<ReturnType<typeof siginfoEntryFields>> {}
/** Type of {@link SiginfoEntry}. */
export const siginfoEntry: Message<SiginfoEntry> = message("siginfo_entry", siginfoEntryFields);

function signalQueueEntryFields() {
  return {
    signals: embedded(1, siginfoEntry, repeated),
  };
}
/** Pending signals in the order in which they were queued. (CRIU: images/siginfo.proto) */
export interface SignalQueueEntry extends ValueOfFields<ReturnType<typeof signalQueueEntryFields>> {}
/** Type of {@link SignalQueueEntry}. */
export const signalQueueEntry: Message<SignalQueueEntry> = message("signal_queue_entry", signalQueueEntryFields);
