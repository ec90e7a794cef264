import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { REQUEST } from "../../packages/cli/src/rpc/messages.ts";
import { startProgram, verdictOf } from "../cases/case.ts";
import { kill } from "../support/end.ts";
import { describeUnless, noCompiler } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Caller, openDirectory } from "./caller.ts";

const CASE = "file-owners";

describeUnless(noCompiler, "criu service", () => {
  it("serves callers side by side, in the background", async () => {
    const directory = temporaryDirectory("service");
    const [socket, pidfile] = [join(directory, "socket"), join(directory, "pid")];
    const { status, stderr } = restage(["service", "-d", "--address", socket, "--pidfile", pidfile]);
    expect(status, stderr).toBe(0);
    onTestFinished(() => kill(Number(readFileSync(pidfile, "utf8"))));
    expect(statSync(socket).mode & 0o777).toBe(0o600);

    const waiting = await Caller.connect(socket);
    const version = await Caller.connect(socket);
    expect(version.ask({ type: REQUEST.VERSION }).answer).toMatchObject({
      success: true,
      version: { major_number: 4 },
    });

    const program = await startProgram(join(import.meta.dirname, "../cases", CASE));
    const { answer } = waiting.ask({
      type: REQUEST.DUMP,
      opts: { images_dir_fd: openDirectory(program.images), pid: program.pid, leave_running: true },
    });
    expect(answer.cr_errmsg).toBeUndefined();
    expect(answer.success).toBe(true);
    expect(existsSync(join(program.images, "inventory.img"))).toBe(true);
    expect(await verdictOf(program)).toBe("pass");
  });
});
