import { type PartialEntry, type TaskInvention, testDump, testPlan, testPlugin } from "@restage/core/testing";
import type { CredsEntry } from "@restage/images";
import { describe, expect, it } from "vitest";
import { credentials as credentialsOfDump } from "../../src/credentials/dump.ts";
import { areEqual, credentialsOf, setOf, wordsOf } from "../../src/credentials/format.ts";
import { credentials } from "../../src/credentials/restore.ts";
import { userNamespace } from "../../src/namespaces/user/dump.ts";

const ALL = [0xffff_ffff, 0x1ff];
const USER: PartialEntry<CredsEntry> = {
  uid: 1000,
  euid: 1001,
  suid: 1002,
  fsuid: 1003,
  gid: 100,
  egid: 101,
  sgid: 102,
  fsgid: 103,
  groups: [5, 6],
  cap_bnd: [0xffff_fffe, 0x1ff],
  secbits: 16,
};

const withCreds = (creds: PartialEntry<CredsEntry>, more: TaskInvention = {}): TaskInvention => {
  return { pid: 7, core: { thread_core: { creds } }, ...more };
};

/** What is recorded, without its beginning. */
async function texts(task: TaskInvention): Promise<string[]> {
  const lines = await testPlugin(credentials(), { stage: "RESTORE_CREDS", task });
  return lines.map((line) => line.replace(/^\d+ RESTORE_CREDS credentials: /, ""));
}

const indexOf = (lines: readonly string[], start: string): number => {
  const index = lines.findIndex((line) => line.startsWith(start));
  expect(index, start).toBeGreaterThanOrEqual(0);
  return index;
};

describe("credentials", () => {
  it("are all set", async () => {
    const lines = await texts(withCreds(USER));
    for (const call of [
      "setgroups(2, [5, 6])",
      "setresgid(100, 101, 102)",
      "setfsgid(103)",
      "setresuid(1000, 1001, 1002)",
      "setfsuid(1003)",
      "prctl(PR_SET_SECUREBITS, 0x10",
      "prctl(PR_CAPBSET_DROP, NULL",
    ]) {
      indexOf(lines, call);
    }
    expect(lines.filter((line) => line.startsWith("prctl(PR_CAPBSET_DROP"))).toHaveLength(1);
  });

  it("are set in an order in which each still may be", async () => {
    const lines = await texts(withCreds({ ...USER, cap_amb: [1 << 10], no_new_privs: 1 }));
    const order = [
      "setgroups(",
      // From here a change of the uid takes no capability.
      "prctl(PR_SET_SECUREBITS, 0x4",
      "setresgid(",
      "setresuid(",
      "setfsuid(",
      "prctl(PR_SET_SECUREBITS, 0x10",
      "prctl(PR_CAPBSET_DROP",
      "capset(",
      "prctl(PR_CAP_AMBIENT, 0x2, 0xa",
      "prctl(PR_SET_NO_NEW_PRIVS, 0x1",
    ].map((start) => indexOf(lines, start));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it("pass capability sets as the kernel lays them out: effective, permitted, inheritable, low words first", async () => {
    const lines = await texts(withCreds({ ...USER, cap_eff: [0x11, 0x1], cap_prm: [0x12, 0x2], cap_inh: [0x13, 0x3] }));
    const set = lines[indexOf(lines, "capset(")];
    expect(set).toBe("capset([2205082000000000], [110000001200000013000000010000000200000003000000])");
  });

  it("are those of each thread", async () => {
    const other = { tid: 71, core: { thread_core: { creds: { ...USER, uid: 2000 } } } };
    const lines = await testPlugin(credentials(), { task: withCreds(USER, { threads: [other] }) });
    expect(lines).toContain("7 RESTORE_CREDS credentials: setresuid(1000, 1001, 1002)");
    expect(lines).toContain("71 RESTORE_CREDS credentials: setresuid(2000, 1001, 1002)");
  });

  it("that are this process's own need no call", async () => {
    const status = [
      "Uid:\t0\t0\t0\t0",
      "Gid:\t0\t0\t0\t0",
      "Groups:\t",
      "CapInh:\t0000000000000000",
      "CapPrm:\t000001ffffffffff",
      "CapEff:\t000001ffffffffff",
      "CapBnd:\t000001ffffffffff",
      "CapAmb:\t0000000000000000",
      "NoNewPrivs:\t0",
    ].join("\n");
    const run = (creds: PartialEntry<CredsEntry>) =>
      testPlugin(credentials(), {
        stage: "RESTORE_CREDS",
        task: withCreds(creds),
        host: { texts: { "/proc/self/status": status } },
      });
    const root = { cap_prm: ALL, cap_eff: ALL, cap_bnd: ALL };
    expect(await run(root)).toEqual([]);
    for (const different of [
      { uid: 1 },
      { groups: [0] },
      { cap_amb: [1] },
      { secbits: 1 },
      { no_new_privs: 1 },
      { fsgid: 5 },
    ]) {
      expect((await run({ ...root, ...different })).length, JSON.stringify(different)).toBeGreaterThan(0);
    }
  });

  it("are followed by dumpable, which a change of ids clears", async () => {
    const task = withCreds(USER, { mm: { dumpable: 1 } });
    const lines = await texts({ ...task, core: { thread_core: { creds: USER } } });
    expect(lines.at(-1)).toBe("prctl(PR_SET_DUMPABLE, 0x1, NULL, NULL, NULL)");
  });

  it("make every thread that changes its ids set dumpable, which all of them have together", async () => {
    const threads = [{ tid: 71, core: { thread_core: { creds: USER } } }];
    const lines = await testPlugin(credentials(), {
      stage: "RESTORE_CREDS",
      task: { pid: 7, mm: { dumpable: 2 }, threads },
    });
    const set = "RESTORE_CREDS credentials: prctl(PR_SET_DUMPABLE, NULL, NULL, NULL, NULL)";
    expect(lines.filter((line) => line.includes("DUMPABLE"))).toEqual([`71 ${set}`, `7 ${set}`]);
  });

  it.each([{ lsm_profile: "docker-default" }, { lsm_sockcreate: "label" }])("with %o are refused", async (creds) => {
    expect(await testPlan(credentials(), { task: withCreds(creds) })).toMatchObject([{ severity: "refused", pid: 7 }]);
  });

  it("with the label of nothing are not refused", async () => {
    expect(await testPlan(credentials(), { task: withCreds({ lsm_profile: "unconfined" }) })).toEqual([]);
  });
});

const STATUS = {
  Uid: "1000\t1001\t1002\t1003",
  Gid: "100\t101\t102\t103",
  Groups: "5 6 ",
  CapInh: "0000000000000000",
  CapPrm: "0000000500000003",
  CapEff: "0000000000000000",
  CapBnd: "000001ffffffffff",
  CapAmb: "0000000000000000",
  NoNewPrivs: "1",
};

describe("the format of credentials", () => {
  it("is the same after a capability set was split into words and joined", () => {
    expect(wordsOf(0x1ff_ffff_fffen)).toEqual([0xffff_fffe, 0x1ff]);
    expect(setOf(wordsOf(0x1ff_ffff_fffen))).toBe(0x1ff_ffff_fffen);
  });

  it("treats a capability set with and without its empty high word as equal, and different ids as different", () => {
    const saved = credentialsOf(new Map(Object.entries(STATUS)), 0);
    expect(areEqual(saved, { ...saved, cap_inh: [] })).toBe(true);
    expect(areEqual(saved, { ...saved, fsgid: 1 })).toBe(false);
    expect(areEqual(saved, { ...saved, cap_prm: [3] })).toBe(false);
  });
});

describe("a checkpoint", () => {
  const save = async (uid_map: string) => {
    const output = new Uint8Array(Uint32Array.of(15).buffer);
    const { context, error } = await testDump(credentialsOfDump(), {
      with: [userNamespace()],
      task: {
        pid: 7,
        status: STATUS,
        leader: { answers: { prctl: { result: 1, output } } },
        proc: { uid_map, gid_map: "0 0 4294967295" },
      },
    });
    expect(error?.describe()).toBeUndefined();
    return context?.tree.root;
  };

  it("saves ids, groups, capabilities, securebits, no_new_privs, dumpable and the parent death signal", async () => {
    const root = await save("0 0 4294967295");
    expect(root?.leader.core.creds).toMatchObject({
      ...{ uid: 1000, euid: 1001, suid: 1002, fsuid: 1003, gid: 100, egid: 101, sgid: 102, fsgid: 103 },
      ...{ groups: [5, 6], cap_prm: [3, 5], cap_bnd: [0xffff_ffff, 0x1ff], no_new_privs: 1, secbits: 1 },
    });
    expect(root?.leader.core.pdeath_sig).toBe(15);
    expect(root?.mm.dumpable).toBe(1);
  });

  it("saves ids as the tree's own user namespace has them", async () => {
    const root = await save("0 1000 2");
    // Ids without a number in the namespace are those of nobody.
    expect(root?.leader.core.creds).toMatchObject({ uid: 0, euid: 1, suid: 65534, gid: 100 });
  });
});
