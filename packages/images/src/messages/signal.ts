/**
 * Signal handlers and pending signals.
 *
 * @module
 */
import { bool, bytes, embedded, repeated, required, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** A signal handler. (CRIU: images/sa.proto) */
export interface SaEntry extends Unknowns {
  readonly sigaction: bigint;
  readonly flags: bigint;
  readonly restorer: bigint;
  readonly mask: bigint;
  readonly compat_sigaction?: boolean;
  readonly mask_extended?: bigint;
}

/** The message type of {@link SaEntry}. */
export const saEntry: Message<SaEntry> = message("sa_entry", () => ({
  sigaction: uint64(1, required),
  flags: uint64(2, required),
  restorer: uint64(3, required),
  mask: uint64(4, required),
  compat_sigaction: bool(5),
  mask_extended: uint64(6),
}));

/** A pending signal. (CRIU: images/siginfo.proto) */
export interface SiginfoEntry extends Unknowns {
  /** A `siginfo_t` of 128 bytes. */
  readonly siginfo: Uint8Array;
}

/** The message type of {@link SiginfoEntry}. */
export const siginfoEntry: Message<SiginfoEntry> = message("siginfo_entry", () => ({
  siginfo: bytes(1, required),
}));

/** Pending signals in the order in which they were queued. (CRIU: images/siginfo.proto) */
export interface SignalQueueEntry extends Unknowns {
  readonly signals: readonly SiginfoEntry[];
}

/** The message type of {@link SignalQueueEntry}. */
export const signalQueueEntry: Message<SignalQueueEntry> = message("signal_queue_entry", () => ({
  signals: embedded(1, siginfoEntry, repeated),
}));
