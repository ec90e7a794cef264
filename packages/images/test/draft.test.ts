import { describe, expect, it } from "vitest";
import type { CoreEntry, Draft, FsEntry, InputOf } from "../src/mod.ts";
import { decodeSingleEntry, encodeDrafts, encodeEntries } from "../src/mod.ts";
import { expectImageError, toHex } from "./support.ts";

const tc = { task_state: 1, exit_code: 0, personality: 0, flags: 0, blk_sigset: 0n };

/** The compiler must accept a complete message as a draft, but not the reverse, nor values of another type. */
export const types = (complete: InputOf<CoreEntry>, draft: Draft<CoreEntry>): readonly unknown[] => {
  const widened: Draft<CoreEntry> = complete;
  // @ts-expect-error: a draft may be incomplete
  const narrowed: InputOf<CoreEntry> = draft;
  // @ts-expect-error: the fields of a draft have the types of the message
  const other: Draft<FsEntry> = { umask: "18" };
  // @ts-expect-error: a draft has no other fields
  const unknown: Draft<FsEntry> = { mask: 18 };
  return [widened, narrowed, other, unknown];
};

describe("encodeDrafts()", () => {
  it("encodes a draft that was filled in field by field", () => {
    const draft: Draft<FsEntry> = {};
    draft.cwd_id = 1;
    draft.root_id = 2;
    draft.umask = 0o22;
    const whole = encodeEntries("fs", [{ value: { cwd_id: 1, root_id: 2, umask: 0o22 } }]);
    expect(toHex(encodeDrafts("fs", [{ value: draft }]))).toBe(toHex(whole));
  });

  it("treats a field that was set to undefined as absent", () => {
    const draft: Draft<CoreEntry> = { mtype: 1, tc: { ...tc, comm: "a" }, ids: undefined };
    expect(decodeSingleEntry("core", encodeDrafts("core", [{ value: draft }])).value.ids).toBeUndefined();
  });

  it("names the image, the entry and the field if a required field is missing", () => {
    const drafts: { readonly value: Draft<FsEntry> }[] = [
      { value: { cwd_id: 1, root_id: 2, umask: 0 } },
      { value: { cwd_id: 1, umask: 0 } },
    ];
    const error = expectImageError("ERR_IMAGE_FIELD", () => encodeDrafts("fs", drafts, "fs-7.img"));
    expect(error.message).toBe("Cannot encode fs_entry.root_id: this required field is missing (fs-7.img, entry 1)");
    expect([error.file, error.entry]).toEqual(["fs-7.img", 1]);
  });

  it("gives the path of a field in nested and repeated messages", () => {
    const nested: Draft<CoreEntry> = { mtype: 1, tc };
    expect(expectImageError("ERR_IMAGE_FIELD", () => encodeDrafts("core", [{ value: nested }])).message).toBe(
      "Cannot encode core_entry.tc.comm: this required field is missing (core-%u.img, entry 0)",
    );
    const filters = [{ filter: new Uint8Array(8) }, {}];
    const repeated = () => encodeDrafts("seccomp", [{ value: { seccomp_filters: filters } }]);
    expect(expectImageError("ERR_IMAGE_FIELD", repeated).message).toContain(
      "seccomp_entry.seccomp_filters[1].filter: this required field is missing",
    );
  });

  it("gives the path of a value that does not fit its field", () => {
    const draft: Draft<CoreEntry> = { mtype: 1, tc: { ...tc, comm: "a", flags: -1 } };
    expect(expectImageError("ERR_IMAGE_FIELD", () => encodeDrafts("core", [{ value: draft }])).message).toMatch(
      /^Cannot encode core_entry\.tc\.flags: .*-1/,
    );
  });
});
