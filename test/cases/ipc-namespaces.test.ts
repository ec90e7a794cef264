import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { failingAfter } from "../support/failing-after.ts";
import { failureOf } from "../support/failure-of.ts";
import { run } from "../support/restage.ts";
import { type DumpedProgram, dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { itComesBack } from "./comes-back.ts";
import { describeDumped } from "./dumpers.ts";

describeDumped("IPC and UTS namespaces", () => {
  itComesBack("are restored with every kind of object, even if objects exceed the limits", "ipc-objects");
});

describeDumped(
  "POSIX message queues",
  () => {
    it.each(["posix-queues", "host-queue"])("come back: %s", async (name) => {
      const program = await dumpCase(name, { compiler: ["-static"] });
      await restoreProgram(program, { root: program.directory });
      expect(await verdictOf(program)).toBe("pass");
    });
  },
  undefined,
  // CRIU refuses them.
  ["Restage"],
);

describeDumped(
  "System V shared memory of the host (host-shared-memory)",
  () => {
    const idOf = ({ directory }: DumpedProgram) => readFileSync(join(directory, "id"), "utf8");
    const remove = (id: string) => run(["ipcrm", "-m", id]).status === 0;

    async function dumpSharing(): Promise<DumpedProgram> {
      const program = await dumpCase("host-shared-memory");
      onTestFinished(() => void remove(idOf(program)));
      return program;
    }

    it("is attached again", async () => {
      const program = await dumpSharing();
      await restoreProgram(program);
      expect(await verdictOf(program)).toBe("pass");
    });

    it("is made again if it is gone", async () => {
      const program = await dumpSharing();
      expect(remove(idOf(program))).toBe(true);
      await restoreProgram(program);
      expect(await verdictOf(program)).toBe("pass");
    });

    it("is gone again if the restore fails", async () => {
      const program = await dumpSharing();
      expect(remove(idOf(program))).toBe(true);
      const error = await failureOf(restoreProgram(program, { plugins: [failingAfter("RESTORE_CREDS")] }));
      expect(error.failures).toEqual([]);
      expect(remove(idOf(program))).toBe(false);
    });

    /** A program that writes to all of a segment, and then reads its standard input to the end. */
    const SCRIBBLER = `import ctypes, sys
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
ctypes.memset(libc.shmat(int(sys.argv[1]), None, 0), 120, 100000)
print("ready", flush=True)
sys.stdin.read()`;

    it("gets the content of the checkpoint, even if it was used since", async () => {
      const program = await dumpSharing();
      expect(run(["python3", "-c", SCRIBBLER, idOf(program)]).status).toBe(0);
      await restoreProgram(program);
      expect(await verdictOf(program)).toBe("pass");
    });

    it("is refused while processes outside the tree use it", async () => {
      const program = await dumpSharing();
      const id = idOf(program);
      const user = spawn("python3", ["-c", SCRIBBLER, id], { stdio: ["pipe", "pipe", "ignore"] });
      const ended = once(user, "exit");
      await once(user.stdout, "data");
      const { message } = await failureOf(restoreProgram(program));
      expect(message).toBe(`System V shared memory ${id}: processes outside the tree have attached it`);
      user.stdin.end();
      await ended;
      await restoreProgram(program);
      expect(await verdictOf(program)).toBe("pass");
    });
  },
  undefined,
  // CRIU refuses it.
  ["Restage"],
);
