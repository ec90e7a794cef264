import { image, testDump, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { userNamespace as saved } from "../../src/namespaces/user/dump.ts";
import { idInside, idOutside, parseIdMap, printIdMap } from "../../src/namespaces/user/format.ts";
import { IdsInside } from "../../src/namespaces/user/ids-inside.ts";
import { userNamespace as restored } from "../../src/namespaces/user/restore.ts";
import { OWN_ID, treeWithOwn } from "./support.ts";

const UID_MAP = [
  { first: 0, lower_first: 100000, count: 1000 },
  { first: 2000, lower_first: 5, count: 1 },
];
const TEXT = "0 100000 1000\n2000 5 1\n";

describe("an id map", () => {
  it("survives printing and parsing", () => {
    expect(printIdMap(UID_MAP)).toBe(TEXT);
    expect(parseIdMap(printIdMap(UID_MAP))).toEqual(UID_MAP);
  });

  it("is parsed as the kernel pads it", () => {
    expect(parseIdMap("         0     100000       1000\n")).toEqual([UID_MAP[0]]);
  });

  it.each([
    [0, 100000],
    [999, 100999],
    [2000, 5],
  ])("translates %i inside and %i outside into each other", (inside, outside) => {
    expect(idOutside(UID_MAP, inside)).toBe(outside);
    expect(idInside(UID_MAP, outside)).toBe(inside);
  });

  it("has no id for what is outside its ranges", () => {
    expect([idOutside(UID_MAP, 1000), idInside(UID_MAP, 0), idInside(UID_MAP, 101000)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(new IdsInside(UID_MAP, UID_MAP).uid(0)).toBe(65534);
  });
});

describe("a user namespace", () => {
  const proc = { uid_map: TEXT, gid_map: "0 200000 1000\n" };

  it("is saved with its id maps, and its root owns all images", async () => {
    const { entries, kernel, error } = await testDump(saved(), treeWithOwn(["user"], { proc }));
    expect(error?.describe()).toBeUndefined();
    expect(entries("userns", OWN_ID)[0]?.value).toMatchObject({
      uid_map: UID_MAP,
      gid_map: [{ first: 0, lower_first: 200000, count: 1000 }],
    });
    const made = kernel.records.flatMap((record) => (record.kind === "host-file" ? [record.path] : []));
    const given = kernel.records.flatMap((record) => (record.kind === "host-owner" ? [record] : []));
    expect(made.length).toBeGreaterThan(0);
    expect(given.map(({ path }) => path)).toEqual(expect.arrayContaining(made));
    expect(new Set(given.map(({ uid }) => uid))).toEqual(new Set([100000]));
  });

  it("gets its id maps back from outside, before the root task becomes its root", async () => {
    const task = { pid: 7, ids: { user_ns_id: OWN_ID } };
    const images = [image("userns", [{ uid_map: UID_MAP, gid_map: UID_MAP }], OWN_ID)];
    const lines = await testPlugin(restored(), { task, images, inventory: { root_ids: { user_ns_id: 7 } } });
    expect(lines.map((line) => line.replace(" ROOT_TASK user-namespace:", ""))).toEqual([
      'coordinator write "0 100000 1000\\n2000 5 1\\n" to /proc/7/uid_map',
      'coordinator write "0 100000 1000\\n2000 5 1\\n" to /proc/7/gid_map',
      "7 setgroups(0, [])",
      "7 setresgid(0, 0, 0)",
      "7 setresuid(0, 0, 0)",
      expect.stringMatching(/^7 prctl\(PR_SET_DUMPABLE, 0x1/),
    ]);
  });
});
