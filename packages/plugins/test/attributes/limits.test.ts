import { testDump, testPlan, testPlugin } from "@restage/core/testing";
import { RLIMIT, RLIMIT_NAMES } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { limits as limitsOfDump } from "../../src/attributes/limits/dump.ts";
import { limits } from "../../src/attributes/limits/restore.ts";

const INFINITY = 0xffff_ffff_ffff_ffffn;
/** Without CAP_SYS_RESOURCE. */
const POOR = { "/proc/self/status": "CapEff:\t0000000000000000" };

/** A line of /proc/PID/limits. */
function line(name: string, hard: string, soft = "0"): string {
  return `${name.padEnd(26)}${soft.padEnd(21)}${hard.padEnd(21)}seconds`;
}

describe("limits", () => {
  const task = {
    pid: 7,
    core: {
      tc: {
        rlimits: {
          rlimits: [
            { cur: 5n, max: INFINITY },
            { cur: INFINITY, max: INFINITY },
          ],
        },
      },
    },
  };

  it("are set in their order", async () => {
    expect(await testPlugin(limits(), { task })).toEqual([
      "7 RESTORE limits: prlimit64(0, RLIMIT_CPU, {5, INFINITY}, NULL)",
      "7 RESTORE limits: prlimit64(0, RLIMIT_FSIZE, {INFINITY, INFINITY}, NULL)",
    ]);
  });

  it("that a user namespace cannot raise are raised from outside", async () => {
    const texts = {
      "/proc/self/status": "CapEff:\t000001ffffffffff",
      "/proc/self/limits": [line("Max cpu time", "3"), line("Max file size", "unlimited")].join("\n"),
    };
    const own = { ...task, ids: { user_ns_id: 9 } };
    const inventory = { root_ids: { user_ns_id: 7 } };
    expect(await testPlugin(limits(), { task: own, inventory, host: { texts } })).toEqual([
      "7 RESTORE limits: prlimit64(0, RLIMIT_FSIZE, {INFINITY, INFINITY}, NULL)",
      "coordinator RESTORE limits: prlimit64(7, RLIMIT_CPU, {5, INFINITY}, NULL)",
    ]);
  });

  it("of pending signals are set when the signals are pending", async () => {
    const rlimits = RLIMIT_NAMES.map((_, which) => ({
      cur: INFINITY,
      max: BigInt(which === RLIMIT.SIGPENDING ? 9 : 5),
    }));
    const crowded = { pid: 7, core: { tc: { rlimits: { rlimits } } }, ids: { user_ns_id: 9 } };
    const inventory = { root_ids: { user_ns_id: 7 } };
    const restored = async (hard: string) => {
      const texts = {
        "/proc/self/status": "CapEff:\t000001ffffffffff",
        "/proc/self/limits": line("Max pending signals", hard, hard),
      };
      const calls = await testPlugin(limits(), { task: crowded, inventory, host: { texts } });
      return calls.at(-1);
    };
    expect(await restored("20")).toBe("7 RESTORE_CREDS limits: prlimit64(0, RLIMIT_SIGPENDING, {9, 9}, NULL)");
    expect(await restored("3")).toBe("coordinator RESTORE_CREDS limits: prlimit64(7, RLIMIT_SIGPENDING, {9, 9}, NULL)");
  });

  it("that this process cannot raise are set as high as it can, with a warning in the plan", async () => {
    const texts = {
      ...POOR,
      "/proc/self/limits": [line("Max cpu time", "3"), line("Max file size", "unlimited")].join("\n"),
    };
    expect(await testPlan(limits(), { task, host: { texts } })).toMatchObject([
      {
        severity: "warning",
        what: "CAP_SYS_RESOURCE",
        why: "this process does not have it: RLIMIT_CPU becomes 3, not unlimited",
      },
    ]);
    expect(await testPlugin(limits(), { task, host: { texts } })).toEqual([
      "7 RESTORE limits: prlimit64(0, RLIMIT_CPU, {3, 3}, NULL)",
      "7 RESTORE limits: prlimit64(0, RLIMIT_FSIZE, {INFINITY, INFINITY}, NULL)",
    ]);
  });
});

describe("a checkpoint", () => {
  it("asks every task for all its resource limits", async () => {
    const output = new Uint8Array(BigUint64Array.of(5n, INFINITY).buffer);
    const { context, queries } = await testDump(limitsOfDump(), {
      task: { pid: 7, leader: { answers: { prlimit64: { output } } } },
    });
    expect(queries.map((query) => query.split(", ")[1])).toEqual(RLIMIT_NAMES);
    const { rlimits } = context?.tree.root.core.rlimits ?? {};
    expect(rlimits).toEqual(RLIMIT_NAMES.map(() => ({ cur: 5n, max: INFINITY })));
  });
});
