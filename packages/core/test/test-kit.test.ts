import { AT_FDCWD, O } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { defineService } from "../src/plugin/service.ts";
import { rehearse, testEntry, testPlan, testPlugin } from "../src/testing/mod.ts";
import { plugin } from "./support.ts";

const Paths = defineService<{ of(id: number): string }>("paths");

/** A plugin like one that a plugin author would write. */
const mounts = plugin(
  "mounts",
  ({ plan, stages, entries, service }) => {
    entries.reg_files.tap("mounts", (file) => ({ ...file, name: `/mnt${file.name}` }));
    plan.tap("mounts", (found) => {
      if (found.host.stat("/mnt") === "missing") found.refuse({ what: "/mnt", why: "it is not there" });
      found.warn({ what: "mounts", why: "they are a test" });
    });
    stages.PREPARE_NAMESPACES.enter.tap("mounts", ({ host }) => {
      host.undoneBy((call) => void call.unlinkat(AT_FDCWD, "/mnt", 0x200)).mkdirat(AT_FDCWD, "/mnt", 0o755);
      host.writeFile("/proc/sys/x", "1");
    });
    stages.PREPARE_NAMESPACES.task.tap("mounts", (root) => {
      const fd = root.call.openat(AT_FDCWD, service(Paths).of(3), O.PATH);
      root.call.fchdir(fd);
    });
    stages.RESTORE.thread.tap("mounts", (thread) => void thread.call.gettid());
  },
  { duty: "mounting", needs: ["another"], uses: [Paths] },
);
const paths = plugin(
  "paths",
  ({ provide, stages }) => {
    provide(Paths, { of: (id) => `/path/${id}` });
    stages.PREPARE_NAMESPACES.task.tap("paths", (root) => void root.call.getpid());
  },
  { provides: [Paths] },
);

describe("testPlugin", () => {
  it("returns what the plugin records in a stage, without the lines of other plugins", async () => {
    expect(await testPlugin(mounts, { stage: "PREPARE_NAMESPACES", with: [paths], task: { pid: 7 } })).toEqual([
      'coordinator PREPARE_NAMESPACES mounting: undo: unlinkat(AT_FDCWD, "/mnt", AT_REMOVEDIR)',
      'coordinator PREPARE_NAMESPACES mounting: mkdirat(AT_FDCWD, "/mnt", 0755)',
      'coordinator PREPARE_NAMESPACES mounting: write "1" to /proc/sys/x',
      '7 PREPARE_NAMESPACES mounting: $1 = openat(AT_FDCWD, "/path/3", O_PATH)',
      "7 PREPARE_NAMESPACES mounting: fchdir($1)",
    ]);
  });

  it("returns every stage when none is named, and names threads by their IDs", async () => {
    const lines = await testPlugin(mounts, { with: [paths], task: { pid: 7, threads: [{ tid: 71 }] } });
    expect(lines).toContain("71 RESTORE mounting: gettid()");
    expect(lines).toContain("7 RESTORE mounting: gettid()");
  });

  it("calls the taps of commit and complete, shows that it did, and throws what they throw", async () => {
    const told: number[] = [];
    const register = (answer: number) =>
      plugin("register", ({ commit, complete }) => {
        commit.tapPromise("register", async ({ tree }) => {
          if (answer !== 200) throw new Error(`the service answers ${answer}`);
          told.push(tree.root.pid);
        });
        complete.tap("register", () => {});
      });
    const task = { pid: 7 };
    const shown = ["coordinator COMPLETE register: commit()", "coordinator COMPLETE register: complete()"];
    expect(await testPlugin(register(200), { task })).toEqual(shown);
    expect(await testPlugin(register(200), { task, stage: "COMPLETE" })).toEqual(shown);
    expect(told).toEqual([7, 7]);
    await expect(testPlugin(register(500), { task })).rejects.toMatchObject({ thrownBy: { hook: "commit" } });
    expect(await testPlugin(register(500), { task, stage: "RESTORE" })).toEqual([]);
  });

  it("throws when the plugin refuses the restore", async () => {
    await expect(testPlugin(mounts, { with: [paths], host: { files: { "/mnt": "missing" } } })).rejects.toMatchObject({
      code: "ERR_REFUSED",
      plugin: "mounting",
    });
  });

  it("throws a failure up to the named stage, but not a later one", async () => {
    const host = { failures: [{ call: "gettid", result: "EPERM" }] } as const;
    await expect(testPlugin(mounts, { stage: "RESTORE", with: [paths], host })).rejects.toMatchObject({
      code: "ERR_SYSCALL",
    });
    await expect(testPlugin(mounts, { stage: "COMPLETE", with: [paths], host })).rejects.toMatchObject({
      code: "ERR_SYSCALL",
    });
    expect(await testPlugin(mounts, { stage: "PREPARE_NAMESPACES", with: [paths], host })).toHaveLength(5);
  });

  it("shows what a plugin writes to memory, which has the content that the test gives", async () => {
    const patching = plugin("patching", ({ patchMemory }) =>
      patchMemory.tap("patching", (patch) => {
        const { task } = patch;
        for (const { start } of task.mm.vmas) patch.write(start + 4n, patch.read(start, 4) ?? Uint8Array.of(0));
        for (const address of patch.find("xt")) patch.write(address, "XT");
      }),
    );
    const memory = [
      { start: 0x10000n, content: "text" },
      { start: 0x20000n, content: Uint8Array.of(1, 2) },
    ];
    const vmas = [{ start: 0x30000n, end: 0x31000n }];
    expect(await testPlugin(patching, { task: { pid: 7, memory, vmas } })).toEqual([
      '7 RESTORE patching: copy(0x10004, "text")',
      "7 RESTORE patching: copy(0x20004, [01020000])",
      "7 RESTORE patching: copy(0x30004, [00])",
      "7 RESTORE patching: copy(0x10002, [5854])",
    ]);
  });

  it("throws when a service is missing", async () => {
    await expect(testPlugin(mounts, {})).rejects.toMatchObject({ code: "ERR_DUTY_MISSING" });
  });
});

describe("testPlan and testEntry", () => {
  it("return the findings of the plugin alone", async () => {
    const other = plugin("other", ({ plan }) => plan.tap("other", (found) => found.refuse({ what: "all", why: "no" })));
    const findings = await testPlan(mounts, { with: [paths, other], host: { files: { "/mnt": "missing" } } });
    expect(findings.map(({ severity, what, plugin }) => [severity, what, plugin])).toEqual([
      ["refused", "/mnt", "mounting"],
      ["warning", "mounts", "mounting"],
    ]);
  });

  it("return the entry as the plugin changes it", () => {
    const alone = { ...mounts, uses: [] };
    expect(testEntry(alone, "reg_files", { name: "/a" })).toMatchObject({ name: "/mnt/a", pos: 0n });
    expect(testEntry(alone, "pstree", { pid: 3 }).pid).toBe(3);
  });
});

describe("rehearse", () => {
  it("returns a failure instead of throwing it", async () => {
    const { error, restored } = await rehearse({
      plugins: [
        plugin("bad", () => {
          throw new Error("no");
        }),
      ],
    });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", plugin: "bad" });
    expect(restored).toBeUndefined();
  });
});
