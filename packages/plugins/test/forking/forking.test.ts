import { rehearse, type TaskInvention, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { defaultPlugins } from "../../src/default-restore-plugins.ts";
import { children } from "../../src/forking/children/restore.ts";
import { rootTask } from "../../src/forking/root-task/restore.ts";
import { sessions } from "../../src/forking/sessions/restore.ts";

const FORKING = "FORKING";

describe("root-task", () => {
  it("forks the root with its pid: as a child of this process, or of the stub when detached", async () => {
    const [child] = await testPlugin(rootTask(), { stage: "ROOT_TASK", task: { pid: 7 } });
    expect(child).toBe("stub ROOT_TASK root-task: clone3({CLONE_PTRACE|CLONE_PARENT, set_tid [7]}, 88)");
    const [detached] = await testPlugin(rootTask(), {
      stage: "ROOT_TASK",
      task: { pid: 7 },
      options: { detached: true },
    });
    expect(detached).toBe("stub ROOT_TASK root-task: clone3({CLONE_PTRACE, SIGCHLD, set_tid [7]}, 88)");
  });
});

describe("sessions", () => {
  it("lets a session's leader make it: it is its own group, too", async () => {
    expect(await testPlugin(sessions(), { stage: FORKING, task: { pid: 7, sid: 7, pgid: 7 } })).toEqual([
      "7 FORKING sessions: setsid()",
    ]);
  });

  it("lets leaders make their groups in FORKING, and members join them when all leaders are there", async () => {
    const task = {
      pid: 7,
      children: [
        { pid: 8, pgid: 8 },
        { pid: 9, pgid: 8 },
      ],
    };
    expect(await testPlugin(sessions(), { task })).toEqual([
      "7 FORKING sessions: setsid()",
      "8 FORKING sessions: setpgid(0, 0)",
      "9 RESTORE sessions: setpgid(0, 8)",
    ]);
  });
});

describe("children", () => {
  const run = (task: TaskInvention) => testPlugin(children(), { stage: FORKING, task, with: [sessions()] });

  it("are forked with their pids by their parents", async () => {
    expect(await run({ pid: 7, children: [{ pid: 8, children: [{ pid: 9 }] }, { pid: 10 }] })).toEqual([
      "7 FORKING children: clone3({CLONE_PTRACE, SIGCHLD, set_tid [8]}, 88)",
      "7 FORKING children: clone3({CLONE_PTRACE, SIGCHLD, set_tid [10]}, 88)",
      "8 FORKING children: clone3({CLONE_PTRACE, SIGCHLD, set_tid [9]}, 88)",
    ]);
  });

  it("that share their parent's descriptors do so from the beginning", async () => {
    const [fork] = await run({ pid: 7, ids: { files_id: 5 }, children: [{ pid: 8, ids: { files_id: 5 } }] });
    expect(fork).toContain("CLONE_FILES");
  });

  /** What a task calls in FORKING, in order, by name; forks with the pid. */
  async function order(task: TaskInvention, pid: number): Promise<string[]> {
    const { lines, error } = await rehearse({ plugins: [], defaults: defaultPlugins(), task });
    expect(error?.describe()).toBeUndefined();
    const own = lines.filter(
      ({ who, stage, plugin }) => who === pid && stage === FORKING && ["sessions", "children"].includes(plugin),
    );
    return own.map(({ text }) => /set_tid \[(\d+)\]/.exec(text)?.[1] ?? text);
  }

  it("of an older session are forked before the parent makes its own", async () => {
    const older = { pid: 9, sid: 7, pgid: 7 };
    const task = { pid: 7, children: [{ pid: 8, sid: 8, pgid: 8, children: [older, { pid: 10, sid: 8, pgid: 8 }] }] };
    expect(await order(task, 8)).toEqual(["9", "setsid()", "10"]);
  });

  it("of a session whose leader is gone are forked by a stand-in, which the parent takes in and which ends", async () => {
    const task = { pid: 7, children: [{ pid: 8, sid: 500, pgid: 500 }] };
    expect(await order(task, 500)).toEqual(["setsid()", "8"]);
    const { plan, kernel, lines } = await rehearse({ plugins: [], defaults: defaultPlugins(), task });
    expect(plan?.tree.byPid(500)).toMatchObject({ kind: "helper", sid: 500, pgid: 500 });
    const ended = kernel.records.flatMap((record) =>
      record.kind === "end" ? [[record.tracee.tid, record.exit.code]] : [],
    );
    expect(ended).toEqual([[500, 0]]);
    // The orphan goes to the root, not to init; and the root is no subreaper afterwards.
    const reaping = lines.filter(({ text }) => text.startsWith("prctl(PR_SET_CHILD_SUBREAPER"));
    expect(reaping.map(({ who, stage, text }) => [who, stage, text.includes("0x1")])).toEqual([
      [7, "FORKING", true],
      [7, "RESTORE_SIGCHLD", false],
    ]);
    expect(lines.filter(({ who, text }) => who === 7 && text.startsWith("wait4(500")).length).toBe(1);
  });

  it("of a brother's session are forked by a helper of his, and go to their parent", async () => {
    const task = {
      pid: 7,
      children: [
        { pid: 8, sid: 8, pgid: 8 },
        { pid: 9, sid: 8, pgid: 8 },
      ],
    };
    const { plan, error } = await rehearse({ plugins: [], defaults: defaultPlugins(), task });
    expect(error?.describe()).toBeUndefined();
    const forker = plan?.tree.byPid(9)?.forker;
    expect(forker).toMatchObject({ kind: "helper", sid: 8, parent: { pid: 8 } });
  });

  it("of a session that nobody can hand on are refused in planning", async () => {
    // The session is that of an uncle: the task would go to another parent when the helper that forked it exits.
    const nephew = { pid: 9, sid: 8, pgid: 7 };
    const task = {
      pid: 7,
      children: [
        { pid: 8, sid: 8, pgid: 8 },
        { pid: 10, children: [nephew] },
      ],
    };
    const findings = await testPlan(sessions(), { task });
    expect(findings).toMatchObject([{ severity: "refused", pid: 9 }]);
    expect(findings[0]?.why).toContain("session 8");
  });
});
