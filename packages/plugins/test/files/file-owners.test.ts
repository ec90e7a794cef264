import { testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { fileOwners } from "../../src/files/file-owner/restore.ts";
import { task } from "./support.ts";

const PID = 1;
const O_NONBLOCK = 0o4000;
const O_ASYNC = 0o20000;

describe("fileOwners", () => {
  it("sets signal and owner, as the user who did so", async () => {
    const fown = { uid: 5, euid: 6, pid: 7, pid_type: PID, signum: 10 };
    expect(await testPlugin(fileOwners(), { task, files: [{ id: 3, reg: { name: "/file", fown } }] })).toEqual([
      "7 RESTORE_SIGCHLD file-owners: fcntl(3, F_SETSIG, 0xa)",
      "7 RESTORE_SIGCHLD file-owners: setresuid(5, 6, -1)",
      "7 RESTORE_SIGCHLD file-owners: fcntl(3, F_SETOWN_EX, [0100000007000000])",
      "7 RESTORE_SIGCHLD file-owners: setresuid(0, 0, -1)",
      "7 RESTORE_SIGCHLD file-owners: prctl(PR_SET_DUMPABLE, 0x1, NULL, NULL, NULL)",
    ]);
  });

  it("does so once for a file that several have, whatever its type", async () => {
    const files = [{ id: 3, pipe: { pipe_id: 9, fown: { pid: 7, pid_type: PID } } }];
    const both = { ...task, children: [{ pid: 8, descriptors: task.descriptors }] };
    expect(await testPlugin(fileOwners(), { task: both, files })).toEqual([
      "7 RESTORE_SIGCHLD file-owners: fcntl(3, F_SETOWN_EX, [0100000007000000])",
    ]);
  });

  it("sets O_ASYNC when the owner is known", async () => {
    const fown = { pid: 7, pid_type: PID };
    expect(
      await testPlugin(fileOwners(), { task, files: [{ id: 3, pipe: { flags: O_ASYNC | O_NONBLOCK, fown } }] }),
    ).toEqual([
      "7 RESTORE_SIGCHLD file-owners: fcntl(3, F_SETOWN_EX, [0100000007000000])",
      "7 RESTORE_SIGCHLD file-owners: fcntl(3, F_SETFL, 0x2800)",
    ]);
  });

  it("refuses an owner that is nowhere", async () => {
    const files = [{ id: 3, reg: { name: "/file", fown: { pid: 4000, pid_type: PID } } }];
    const [finding] = await testPlan(fileOwners(), { task, files, host: { files: { "/proc/4000": "missing" } } });
    expect(finding).toMatchObject({ severity: "refused", what: "descriptor 3" });
    expect(finding?.why).toContain("4000");
  });
});
