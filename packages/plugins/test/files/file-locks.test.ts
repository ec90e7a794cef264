import { image, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { fileLocks } from "../../src/files/file-lock/restore.ts";
import { task, withPaths } from "./support.ts";

const files = [{ id: 3, reg: { name: "/file" } }];
const options = { fileLocks: true };

function locks(...entries: Parameters<typeof image<"file_locks">>[1]) {
  return {
    with: withPaths,
    task,
    files,
    options,
    images: [
      image(
        "file_locks",
        entries.map((entry) => ({ pid: 7, fd: 3, ...entry })),
      ),
    ],
  };
}

describe("fileLocks", () => {
  it("takes each kind of lock without waiting", async () => {
    const all = locks(
      { flag: 1, type: 1, start: 5n, len: 6n },
      { flag: 2, type: 0 },
      { flag: 2, type: 1 },
      { flag: 4, type: 0 },
      { flag: 8, type: 1 },
    );
    expect(await testPlugin(fileLocks(), all)).toEqual([
      "7 RESTORE_SIGCHLD file-locks: fcntl(3, F_SETLK, [0100000000000000050000000000000006000000000000000000000000000000])",
      "7 RESTORE_SIGCHLD file-locks: flock(3, 5)",
      "7 RESTORE_SIGCHLD file-locks: flock(3, 6)",
      `7 RESTORE_SIGCHLD file-locks: fcntl(3, F_OFD_SETLK, [${"00".repeat(32)}])`,
      "7 RESTORE_SIGCHLD file-locks: $1 = fstat(3, [144])",
      "7 RESTORE_SIGCHLD file-locks: $2 = setfsuid($1[7])",
      "7 RESTORE_SIGCHLD file-locks: fcntl(3, F_SETLEASE, 0x1)",
      "7 RESTORE_SIGCHLD file-locks: setfsuid($2)",
    ]);
  });

  it("breaks a lease that somebody was breaking, and drops the signal of it", async () => {
    expect(
      (await testPlugin(fileLocks(), { ...locks({ flag: 8, type: 4 }), stage: "RESTORE_SIGCHLD" })).slice(4),
    ).toEqual([
      '7 RESTORE_SIGCHLD file-locks: openat(AT_FDCWD, "/file", O_NONBLOCK|O_CLOEXEC, 00) expects -11',
      "7 RESTORE_SIGCHLD file-locks: rt_sigtimedwait([0000001000000000], NULL, [00000000000000000000000000000000], 8) allows EAGAIN",
    ]);
  });

  it("says what to do when somebody else has the lock", async () => {
    const failures = [{ call: "flock" as const, result: "EAGAIN" as const }];
    const restored = testPlugin(fileLocks(), { ...locks({ flag: 2, type: 1 }), host: { failures } });
    await expect(restored).rejects.toMatchObject({ code: "ERR_SYSCALL", plugin: "file-locks" });
    await expect(restored).rejects.toHaveProperty("hint", expect.stringContaining("lslocks"));
  });

  it("refuses a checkpoint with locks unless it is told to take them", async () => {
    const found = await testPlan(fileLocks(), { ...locks({ flag: 1, type: 1 }, { flag: 2, type: 1 }), options: {} });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ what: "file locks", hint: "take them again with --file-locks" });
    expect(await testPlan(fileLocks(), { ...locks(), options: {} })).toEqual([]);
  });

  it("refuses locks that nobody can take", async () => {
    const why = async (entry: object) => (await testPlan(fileLocks(), locks(entry))).map((finding) => finding.why);
    expect(await why({ flag: 3 })).toEqual(["filelocks.img has the unknown kind 3"]);
    expect(await why({ flag: 1, pid: 9 })).toEqual(["its holder, process 9, is not a running task of the checkpoint"]);
    expect(await why({ flag: 1, fd: 4 })).toEqual(["task 7 (program) does not have this descriptor"]);
    expect(await why({ flag: 8, type: 4 })).toEqual([]);
    expect(await why({ flag: 2, type: 32 })).toEqual(["Linux no longer supports locks of type 32"]);
  });
});
