import { expect, it } from "vitest";
import { confirm, fail, GANG_STAGES, type Gang, newGang } from "../src/orders/gang.ts";

const failure = { member: "a", host: "left", error: { code: "ERR_ORDER", message: "no" } } as never;

it("starts a stage when all members have passed the one before, and commits after the last", () => {
  let gang: Gang = newGang("a", "restore", ["a", "b"]);
  for (const stage of GANG_STAGES.restore) {
    expect(gang).toMatchObject({ state: "open", stage, confirmed: [] });
    gang = confirm(gang, "b", stage);
    expect(gang).toMatchObject({ state: "open", stage, confirmed: ["b"] });
    gang = confirm(gang, "a", stage);
  }
  expect(gang).toMatchObject({ state: "committed", stage: "RESTORE_CREDS" });
});

it("ignores a confirmation that is repeated, or of another stage", () => {
  const gang = confirm(newGang("a", "checkpoint", ["a", "b"]), "a", "READY");
  expect(confirm(gang, "a", "READY")).toBe(gang);
  expect(confirm(gang, "b", "SEIZED")).toBe(gang);
});

it("is decided once", () => {
  let gang = newGang("a", "checkpoint", ["a"]);
  const failed = fail(gang, failure);
  expect(failed).toMatchObject({ state: "failed", failure });
  expect(confirm(failed, "a", "READY")).toBe(failed);
  for (const stage of GANG_STAGES.checkpoint) gang = confirm(gang, "a", stage);
  expect(gang.state).toBe("committed");
  expect(fail(gang, failure)).toBe(gang);
});
