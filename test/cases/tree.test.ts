import { readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { UndoLog } from "../../packages/linux/src/undo/undo-log.ts";
import { dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { itComesBack } from "./comes-back.ts";
import { describeDumped } from "./dumpers.ts";

describeDumped("process trees", () => {
  itComesBack("are restored with sessions, groups and parents of all shapes", "tree-shapes");

  it("keep their signals and masks if somebody sends them SIGCONT just after the commit (continued)", async () => {
    const { replace } = UndoLog.prototype;
    const program = await dumpCase("continued");
    const commit = vi.spyOn(UndoLog.prototype, "replace").mockImplementation(function (this: UndoLog, steps) {
      replace.call(this, steps);
      for (const pid of familyOf(program.pid)) process.kill(pid, "SIGCONT");
    });
    await restoreProgram(program);
    expect(commit).toHaveBeenCalledOnce();
    commit.mockRestore();
    expect(await verdictOf(program)).toBe("pass");
  });
});

/** A process and its children. */
function familyOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  return [pid, ...children.filter(Boolean).map(Number)];
}
