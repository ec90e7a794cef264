import type { CredsEntry } from "@restage/images";

/** The credentials that /proc/PID/status shows, and securebits. */
export type Credentials = Pick<CredsEntry, (typeof FIELDS)[number]>;

const FIELDS = [
  "uid",
  "euid",
  "suid",
  "fsuid",
  "gid",
  "egid",
  "sgid",
  "fsgid",
  "groups",
  "cap_inh",
  "cap_prm",
  "cap_eff",
  "cap_bnd",
  "cap_amb",
  "no_new_privs",
  "secbits",
] as const satisfies readonly (keyof CredsEntry)[];

/** Reads credentials from /proc/PID/status, whose fields are given by name. Securebits are not in there. */
export function credentialsOf(status: ReadonlyMap<string, string>, secbits: number): Credentials {
  const numbers = (name: string) => (status.get(name) ?? "").split(/\s+/).filter(Boolean).map(Number);
  const capabilities = (name: string) => wordsOf(BigInt(`0x${status.get(name) ?? "0"}`));
  const [uid = 0, euid = 0, suid = 0, fsuid = 0] = numbers("Uid");
  const [gid = 0, egid = 0, sgid = 0, fsgid = 0] = numbers("Gid");
  return {
    uid,
    euid,
    suid,
    fsuid,
    gid,
    egid,
    sgid,
    fsgid,
    groups: numbers("Groups"),
    cap_inh: capabilities("CapInh"),
    cap_prm: capabilities("CapPrm"),
    cap_eff: capabilities("CapEff"),
    cap_bnd: capabilities("CapBnd"),
    cap_amb: capabilities("CapAmb"),
    no_new_privs: Number(status.get("NoNewPrivs") ?? 0),
    secbits,
  };
}

/** Do two threads have the same credentials? */
export function areEqual(a: Credentials, b: Credentials): boolean {
  return FIELDS.every((field) => print(field, a) === print(field, b));
}

function print(field: (typeof FIELDS)[number], credentials: Credentials): string {
  const value = credentials[field];
  if (field.startsWith("cap_")) return setOf(value as readonly number[]).toString(16);
  return String(value ?? 0);
}

/** The two 32-bit words of a capability set, low word first. */
export function wordsOf(set: bigint): readonly [low: number, high: number] {
  return [Number(set & 0xffff_ffffn), Number(set >> 32n)];
}

/** A capability set: bit n is capability n. */
export function setOf([low = 0, high = 0]: readonly number[]): bigint {
  return BigInt(low) | (BigInt(high) << 32n);
}
