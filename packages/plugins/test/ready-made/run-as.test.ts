import { type PartialEntry, type TaskInvention, testPlan, testPlugin } from "@restage/core/testing";
import type { CredsEntry } from "@restage/images";
import { describe, expect, it } from "vitest";
import { credentials, runAs } from "../../src/mod.ts";
import { findUser } from "../../src/ready-made/users.ts";

const ALL = [0xffff_ffff, 0x1ff];
const ROOT: PartialEntry<CredsEntry> = { cap_eff: ALL, cap_prm: ALL, cap_bnd: ALL, groups: [0, 4] };

const withCreds = (creds: PartialEntry<CredsEntry>): TaskInvention => ({ pid: 7, core: { thread_core: { creds } } });

async function calls(creds: PartialEntry<CredsEntry>, ...plugin: Parameters<typeof runAs>): Promise<string[]> {
  const test = { stage: "RESTORE_CREDS", task: withCreds(creds), with: [runAs(...plugin)] } as const;
  const lines = await testPlugin(credentials(), test);
  return lines.map((line) => line.replace(/^.*?: /, ""));
}

describe("runAs", () => {
  it("changes all ids and takes all capabilities and groups", async () => {
    const lines = await calls(ROOT, { uid: 65534, gid: 65533 });
    expect(lines).toContain("setgroups(0, [])");
    expect(lines).toContain("setresgid(65533, 65533, 65533)");
    expect(lines).toContain("setresuid(65534, 65534, 65534)");
    expect(lines).toContain(`capset([2205082000000000], [${"0".repeat(48)}])`);
  });

  it("keeps capabilities, sets groups and no_new_privs, if it is asked to", async () => {
    const capabilities = ["CAP_NET_BIND_SERVICE"] as const;
    const lines = await calls(ROOT, { uid: 5, gid: 5, groups: [6, 7] }, { capabilities, noNewPrivileges: true });
    expect(lines).toContain("setgroups(2, [6, 7])");
    expect(lines).toContain(`capset([2205082000000000], [${"00040000".repeat(3)}${"0".repeat(24)}])`);
    expect(lines.some((line) => line.startsWith("prctl(PR_CAP_AMBIENT, 0x2, 0xa"))).toBe(true);
    expect(lines.some((line) => line.startsWith("prctl(PR_SET_NO_NEW_PRIVS, 0x1"))).toBe(true);
  });

  it("can be limited to threads of one user", async () => {
    const user = { uid: 5, gid: 5 };
    expect(await calls(ROOT, user, { from: 0 })).toContain("setresuid(5, 5, 5)");
    expect(await calls({ ...ROOT, uid: 1000 }, user, { from: 0 })).toContain("setresuid(1000, 0, 0)");
  });

  it("leaves zombies, which have no credentials, alone", async () => {
    const task = { ...withCreds(ROOT), children: [{ pid: 8, kind: "zombie" as const }] };
    expect(await testPlan(runAs({ uid: 5, gid: 5 }), { task })).toEqual([]);
  });

  it("is refused in a restore without privileges", async () => {
    const findings = await testPlan(runAs({ uid: 5, gid: 5 }), { options: { unprivileged: true } });
    expect(findings).toMatchObject([{ severity: "refused", what: "user 5" }]);
  });

  it("does not take what is not an id or a capability", () => {
    expect(() => runAs({ uid: -1, gid: 5 })).toThrow("Cannot run as -1: it is not an id");
    expect(() => runAs({ uid: 5, gid: 5 }, { capabilities: ["CAP_ALL" as never] })).toThrow("Cannot keep CAP_ALL");
  });

  it("finds users of this machine by name, with their groups", () => {
    const files: Record<string, string> = {
      "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/var/www:/bin/false\n",
      "/etc/group": "root:x:0:\nlogs:x:4:syslog,web\nwebs:x:5:webmaster\ntls:x:6:web\n",
    };
    expect(findUser("web", (path) => files[path] ?? "")).toEqual({ uid: 33, gid: 34, groups: [4, 6] });
    expect(() => findUser("none", (path) => files[path] ?? "")).toThrow("Cannot find the user none");
  });
});
