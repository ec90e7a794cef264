/**
 * A gang: orders whose trees pass every stage together, on several hosts.
 *
 * The barrier is one record. A host confirms a stage in it when its tree has passed that stage, and then waits until all others have. The confirmation that
 * completes a stage starts the next one in the same write, and the one that completes the last stage commits. Each write requires the revision that it was
 * computed from. So the host that confirms last is the coordinator, and there is no moment at which the death of a coordinator leaves a stage half started.
 *
 * The record is committed or failed once, and never changes afterwards. A host that finds a member lost makes the gang fail.
 */
import { UNDOABLE_STAGES } from "@restage/core/internal";
import type { Order } from "./order.ts";
import type { Failure } from "./state.ts";

/** What the members of a gang pass together. First, all have taken their orders, and pulled what they restore. */
export const GANG_STAGES: Readonly<Record<GangKind, readonly string[]>> = {
  restore: ["READY", ...UNDOABLE_STAGES],
  checkpoint: ["READY", "SEIZED", "SAVED"],
};

export type GangKind = "restore" | "checkpoint";

export interface Gang {
  readonly id: string;
  readonly kind: GangKind;
  /** The ids of their orders. */
  readonly members: readonly string[];
  /** The stage that the members are in. */
  readonly stage: string;
  /** The members that have passed it. */
  readonly confirmed: readonly string[];
  readonly state: "open" | "committed" | "failed";
  /** Why it failed. */
  readonly failure?: GangFailure;
}

export interface GangFailure extends Failure {
  readonly member: string;
}

export function newGang(id: string, kind: GangKind, members: readonly string[]): Gang {
  return { id, kind, members, stage: GANG_STAGES[kind][0] ?? "", confirmed: [], state: "open" };
}

/** Whether a record is of the gang that an order belongs to. The order can be signed, and the record is not. */
export function isGangOf(gang: Gang, { gang: id, kind, members = [] }: Order): boolean {
  return gang.id === id && gang.kind === kind && JSON.stringify(gang.members) === JSON.stringify(members);
}

/** The gang after a member has passed a stage. The same gang if that is known, or no longer matters. */
export function confirm(gang: Gang, member: string, stage: string): Gang {
  const { state, kind, members } = gang;
  if (state !== "open" || gang.stage !== stage || gang.confirmed.includes(member)) return gang;
  const confirmed = [...gang.confirmed, member];
  if (confirmed.length < members.length) return { ...gang, confirmed };
  const stages = GANG_STAGES[kind];
  const next = stages[stages.indexOf(stage) + 1];
  return next === undefined ? { ...gang, confirmed, state: "committed" } : { ...gang, stage: next, confirmed: [] };
}

/** The gang after a failure. The same gang if it is decided already. */
export function fail(gang: Gang, failure: GangFailure): Gang {
  return gang.state === "open" ? { ...gang, state: "failed", failure } : gang;
}
